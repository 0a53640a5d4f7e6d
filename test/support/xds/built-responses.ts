import type { ResponseBytes } from '../../../src/xds/delta/response-bytes.ts';
import { makeResource } from '../resources/resource-sets.ts';

/** How many responses were built so far. It builds another one, whose nonce tells, and counts that one, too. */
export function countBuilt(bytes: ResponseBytes): number {
  const unseen = makeResource('cluster', 'unseen');
  return Number(bytes.encode({ type: 'cluster', changed: [unseen], removed: [] }).nonce);
}
