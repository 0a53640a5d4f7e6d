import { createHash } from 'node:crypto';

// What the injector adds to a pod goes by these names; a pod that uses one itself is refused.

export const sidecarName = 'envoy';
export const initName = 'weft-init';
export const bootstrapVolume = 'weft-bootstrap';
export const tokenVolume = 'weft-token';

/**
 * The users and groups as which Envoys run, one for each pod: Linux counts what a user may have of some
 * things (inotify instances: 128) over all pods of a node. Below 65536, where user namespaces end.
 */
export const sidecarUsers = { first: 40_000, count: 16_384 } as const;

/** The user of one pod's Envoy, by which interception knows its traffic: drawn by lot, but never a taken one. */
export function drawSidecarUser(lot: string, taken: readonly (number | undefined)[]): number {
  const { first, count } = sidecarUsers;
  const drawn = createHash('sha256').update(lot).digest().readUInt32BE() % count;
  for (let at = drawn; ; at = (at + 1) % count) {
    if (!taken.includes(first + at)) return first + at;
  }
}

/** The part of the addresses of a pod's hooks that nobody can guess who may not read the pod. */
export function hookKey(lot: string): string {
  return createHash('sha256').update(`hooks of ${lot}`).digest('hex').slice(0, 32);
}
