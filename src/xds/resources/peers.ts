import { type MessageInitShape } from '@bufbuild/protobuf';
import type { PrincipalSchema } from '../../envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import type { StringMatcherSchema } from '../../envoy/gen/envoy/type/matcher/v3/string_pb.js';
import { type IdentityKey, spiffePath } from '../../policy/identity.ts';

/** The identities accepted at the other end: any identity of the mesh, or those of a list. */
export type PeerSet = 'any' | readonly IdentityKey[];

type Matcher = MessageInitShape<typeof StringMatcherSchema>;

/** Matches nothing that a certificate can carry: a URI cannot contain a space. */
const noPeer: Matcher = { matchPattern: { case: 'exact', value: 'spiffe:// nobody' } };

/**
 * Matchers of SPIFFE IDs for the handshake. The list is never empty, because Envoy takes an empty list for anyone;
 * without peers it matches no certificate. Any trust domain matches: the trust secret alone decides which domains
 * count, and by which roots. So a mesh moves to another domain without a change of any listener or cluster
 * (docs/decisions/0061).
 */
export function sanMatchers(peers: PeerSet): Matcher[] {
  if (peers === 'any') return [anyPeer];
  if (peers.length === 0) return [noPeer];
  return peers.map((peer) => ({
    matchPattern: { case: 'safeRegex', value: { regex: spiffeRegex(peer) } },
  }));
}

/**
 * The same as principals of an RBAC policy; one of them must match. The handshake admits only IDs that consist of a
 * domain, a namespace and an account, so comparing the ends of two IDs compares the identities.
 */
export function buildPrincipals(peers: PeerSet): MessageInitShape<typeof PrincipalSchema>[] {
  return principalNames(peers).map((principalName) => ({
    identifier: { case: 'authenticated', value: { principalName } },
  }));
}

function principalNames(peers: PeerSet): Matcher[] {
  if (peers === 'any') return [{ matchPattern: { case: 'prefix', value: 'spiffe://' } }];
  if (peers.length === 0) return [noPeer];
  return peers.map((peer) => ({ matchPattern: { case: 'suffix', value: spiffePath(peer) } }));
}

/** Matches the whole SPIFFE ID of an identity, in any trust domain. */
function spiffeRegex(peer: IdentityKey): string {
  return `${anyDomain}${quoted(spiffePath(peer))}`;
}

const anyDomain = 'spiffe://[^/]+';
const anyPeer: Matcher = {
  matchPattern: { case: 'safeRegex', value: { regex: `${anyDomain}/ns/[^/]+/sa/[^/]+` } },
};

/** A ServiceAccount's name may contain dots, and the name in a policy may contain anything. */
function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
