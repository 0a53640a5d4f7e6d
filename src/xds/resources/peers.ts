import { type MessageInitShape } from '@bufbuild/protobuf';
import type { PrincipalSchema } from '../../envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import type { StringMatcherSchema } from '../../envoy/gen/envoy/type/matcher/v3/string_pb.js';
import { type IdentityKey, spiffeId } from '../../policy/identity.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';

/** Who is at the other end: any identity of the mesh's trust domain, or one of a list. */
export type PeerSet = 'any' | readonly IdentityKey[];

type Matcher = MessageInitShape<typeof StringMatcherSchema>;

/** Nothing a certificate can carry: a space cannot stand in a URI. */
const nobody: Matcher = { matchPattern: { case: 'exact', value: 'spiffe:// nobody' } };

/** Matchers of SPIFFE IDs, never an empty list (which Envoy takes for anyone): no peers match nobody. */
export function sanMatchers(settings: MeshSettings, peers: PeerSet): Matcher[] {
  if (peers === 'any') {
    return settings.trustDomains.map((domain) => ({
      matchPattern: { case: 'prefix', value: `spiffe://${domain}/ns/` },
    }));
  }
  if (peers.length === 0) return [nobody];
  return peers.flatMap((peer) =>
    settings.trustDomains.map((domain) => ({
      matchPattern: { case: 'exact' as const, value: spiffeId(domain, peer) },
    })),
  );
}

/** The same as principals of an RBAC policy, of which one must hold. */
export function principals(
  settings: MeshSettings,
  peers: PeerSet,
): MessageInitShape<typeof PrincipalSchema>[] {
  return sanMatchers(settings, peers).map((principalName) => ({
    identifier: { case: 'authenticated', value: { principalName } },
  }));
}
