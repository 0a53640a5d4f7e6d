// Input: an identity and the names of the replicas. Output: the replicas in the order in which they own the identity.
// Rule: rendezvous hashing, so that replicas that know the same names agree without communication
// (docs/decisions/0063).
import { contentHash } from '../../common/hash.ts';
import type { IdentityKey } from '../../policy/identity.ts';

/**
 * All replicas, the owner of the identity first. Adding or removing a name leaves the others in their order, so after
 * a new owner joins, the former owner is second.
 */
export function ownersOf(account: IdentityKey, replicas: readonly string[]): readonly string[] {
  return replicas
    .map((name) => ({ name, weight: contentHash(name, '\n', account) }))
    .sort((left, right) => (left.weight < right.weight ? -1 : 1))
    .map(({ name }) => name);
}
