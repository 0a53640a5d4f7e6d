import { createHash } from 'node:crypto';

// The names of what the injector adds to a pod; a pod that uses one of them itself is refused.

export const sidecarName = 'envoy';
export const initName = 'weft-init';
export const bootstrapVolume = 'weft-bootstrap';
export const tokenVolume = 'weft-token';

/**
 * The users and groups that Envoys run as, one for each pod: Linux limits what one user may have of some resources
 * (inotify instances: 128) over all pods of a node. Below 65536, where user namespaces end (docs/decisions/0091).
 */
export const sidecarUsers = { first: 40_000, count: 16_384 } as const;

/**
 * The user of one pod's Envoy, by which the interception rules recognize its traffic: chosen at random, but never one
 * of `taken`.
 */
export function drawSidecarUser(lot: string, taken: readonly (number | undefined)[]): number {
  const { first, count } = sidecarUsers;
  const drawn = createHash('sha256').update(lot).digest().readUInt32BE() % count;
  for (let at = drawn; ; at = (at + 1) % count) {
    if (!taken.includes(first + at)) return first + at;
  }
}

/** The part of the addresses of a pod's hooks that only users with the right to read the pod know. */
export function hookKey(lot: string): string {
  return createHash('sha256').update(`hooks of ${lot}`).digest('hex').slice(0, 32);
}
