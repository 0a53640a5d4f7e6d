import { join } from 'node:path';
import { cacheRoot } from '../../tools/base/cache.ts';
import { withLock } from '../../tools/base/lock.ts';

/**
 * Runs `work` while no other test file runs work in a turn. Two kinds of work take turns: work that uses every
 * processor, such as the boot of a cluster, and tests that measure time. Beside such work a test would measure the
 * machine.
 */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  return withLock(join(cacheRoot(), '.e2e-turn.lock'), work);
}

/** Milliseconds that a test may wait for its turn, in addition to its own time. */
export const turnMs = 240_000;
