// Input: an identity and the names of the replicas. Output: who is to ask the issuer for it, and who
// next. Rule: rendezvous hashing, so that all who know the same names agree without talking.
import { contentHash } from '../../common/hash.ts';
import type { IdentityKey } from '../../policy/identity.ts';

/**
 * All replicas, the owner of the identity first. A name that comes or goes leaves the others in their
 * order: whoever owned the identity before a new owner came is the second.
 */
export function ownersOf(account: IdentityKey, replicas: readonly string[]): readonly string[] {
  return replicas
    .map((name) => ({ name, weight: contentHash(name, '\n', account) }))
    .sort((left, right) => (left.weight < right.weight ? -1 : 1))
    .map(({ name }) => name);
}
