import { type MessageInitShape } from '@bufbuild/protobuf';
import type { PrincipalSchema } from '../../envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import type { StringMatcherSchema } from '../../envoy/gen/envoy/type/matcher/v3/string_pb.js';
import { type IdentityKey, spiffePath } from '../../policy/identity.ts';

/** Who is at the other end: any identity of the mesh, or one of a list. */
export type PeerSet = 'any' | readonly IdentityKey[];

type Matcher = MessageInitShape<typeof StringMatcherSchema>;

/** Nothing a certificate can carry: a space cannot stand in a URI. */
const nobody: Matcher = { matchPattern: { case: 'exact', value: 'spiffe:// nobody' } };

/**
 * Matchers of SPIFFE IDs for the handshake, never an empty list (which Envoy takes for anyone): no
 * peers match nobody. Any trust domain matches: which ones count, and by which roots, the trust
 * secret says alone, so that a mesh moves to another domain without a listener or cluster changing.
 */
export function sanMatchers(peers: PeerSet): Matcher[] {
  if (peers === 'any') return [anybody];
  if (peers.length === 0) return [nobody];
  return peers.map((peer) => ({
    matchPattern: { case: 'safeRegex', value: { regex: spiffeRegex(peer) } },
  }));
}

/**
 * The same as principals of an RBAC policy, of which one must hold. The handshake let nobody through
 * whose ID has more than a domain, a namespace and an account: the ends of two IDs differ as they do.
 */
export function principals(peers: PeerSet): MessageInitShape<typeof PrincipalSchema>[] {
  return principalNames(peers).map((principalName) => ({
    identifier: { case: 'authenticated', value: { principalName } },
  }));
}

function principalNames(peers: PeerSet): Matcher[] {
  if (peers === 'any') return [{ matchPattern: { case: 'prefix', value: 'spiffe://' } }];
  if (peers.length === 0) return [nobody];
  return peers.map((peer) => ({ matchPattern: { case: 'suffix', value: spiffePath(peer) } }));
}

/** Of the whole SPIFFE ID of an identity, in any trust domain. */
export function spiffeRegex(peer: IdentityKey): string {
  return `${anyDomain}${quoted(spiffePath(peer))}`;
}

const anyDomain = 'spiffe://[^/]+';
const anybody: Matcher = {
  matchPattern: { case: 'safeRegex', value: { regex: `${anyDomain}/ns/[^/]+/sa/[^/]+` } },
};

/** A ServiceAccount's name may have dots, and what a policy calls one may have anything. */
function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
