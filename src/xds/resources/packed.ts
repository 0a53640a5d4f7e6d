import { type DescMessage, create, toBinary } from '@bufbuild/protobuf';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { type IdentityKey, spiffePath } from '../../policy/identity.ts';
import { field, utf8 } from './raw.ts';

const typeUrls = new Map<string, Uint8Array>();

/** The fields of a google.protobuf.Any {type_url = 1, value = 2} that holds a message of that type. */
export function packed(
  { typeName }: Pick<DescMessage, 'typeName'>,
  value: readonly Uint8Array[],
): readonly Uint8Array[] {
  const known = typeUrls.get(typeName) ?? typeUrlOf(typeName);
  typeUrls.set(typeName, known);
  return [known, field(2, ...value)];
}

function typeUrlOf(typeName: string): Uint8Array {
  return toBinary(AnySchema, create(AnySchema, { typeUrl: `type.googleapis.com/${typeName}` }));
}

/**
 * The same as `principals` in peers.ts, for a policy: Policy.principals = 2 {authenticated = 4 {principal_name = 2
 * {suffix = 3}}}.
 */
export function principalBytes(peer: IdentityKey): Uint8Array {
  return field(2, field(4, field(2, field(3, utf8(spiffePath(peer))))));
}
