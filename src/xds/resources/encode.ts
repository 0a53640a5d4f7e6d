// Only this file turns a resource into bytes. Builders return messages, and caches encode each message once. A test in
// test/repository/architecture.test.ts names the caches (docs/decisions/0128).
import { toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { contentHash } from '../../common/hash.ts';
import { type BuiltResource, schemas } from './built-resource.ts';
import { type Resource, type ResourceType, typeUrls } from './resource.ts';

/** Equal messages give equal bytes and so equal versions. The result does not keep the message alive. */
export function encode<T extends ResourceType>(built: BuiltResource<T>): Resource {
  const { type, name, message, ...others } = built;
  const typeUrl = typeUrls[type];
  const value = toBinary(schemas[type], message);
  const version = contentHash(typeUrl, '\n', name, '\n', value);
  const encoded = discoveryResource({ name, version, typeUrl, value });
  return Object.freeze({ type, name, version, encoded, ...others });
}

interface Discovery {
  readonly name: string;
  readonly version: string;
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/**
 * envoy.service.discovery.v3.Resource {version = 1, resource = 2, name = 3}, where `resource` is a google.protobuf.Any
 * {type_url = 1, value = 2}. Joined by hand, because the library would copy a big message several times.
 */
function discoveryResource({ name, version, typeUrl, value }: Discovery): Uint8Array {
  const any = textField(1, typeUrl).tag(2, lengthDelimited).uint32(value.length).finish();
  const resource = textField(1, version).tag(2, lengthDelimited);
  const before = resource
    .uint32(any.length + value.length)
    .raw(any)
    .finish();
  const after = textField(3, name).finish();
  const bytes = new Uint8Array(before.length + value.length + after.length);
  bytes.set(before);
  bytes.set(value, before.length);
  bytes.set(after, before.length + value.length);
  return bytes;
}

const lengthDelimited = WireType.LengthDelimited;

function textField(number: number, text: string): BinaryWriter {
  return new BinaryWriter().tag(number, lengthDelimited).string(text);
}
