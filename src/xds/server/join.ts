import type { OriginKey } from '../../policy/origin.ts';
import { maxNamed, type Evidence, type ObjectEvidence } from './evidence.ts';

/** The evidence of all replicas. When one could not be asked, every count is a lower bound. */
export interface JoinedEvidence extends Evidence {
  readonly complete: boolean;
}

/**
 * Adds up what the replicas know; `undefined` stands for a replica that cannot be reached. The step is
 * the lowest of theirs.
 */
export function joinEvidence(replicas: Iterable<Evidence | undefined>): JoinedEvidence {
  const all = [...replicas];
  const known = all.filter((evidence) => evidence !== undefined);
  const objects = new Map<OriginKey, ObjectEvidence>();
  for (const evidence of known)
    for (const [key, object] of evidence.objects) {
      const other = objects.get(key);
      objects.set(key, other === undefined ? object : joinObject(other, object));
    }
  return {
    complete: known.length === all.length,
    connected: sum(known, ({ connected }) => connected),
    synced: sum(known, ({ synced }) => synced),
    rejected: sum(known, ({ rejected }) => rejected),
    step: Math.min(...known.map(({ step }) => step)),
    pods: new Set(known.flatMap(({ pods }) => [...pods])),
    objects,
  };
}

/** A replica that has not seen the newest generation has proxies to count, but none in force. */
function joinObject(a: ObjectEvidence, b: ObjectEvidence): ObjectEvidence {
  const newest = a.origin.generation >= b.origin.generation ? a.origin : b.origin;
  const current = [a, b].filter(({ origin }) => origin.generation === newest.generation);
  return {
    origin: newest,
    total: a.total + b.total,
    acknowledged: sum(current, ({ acknowledged }) => acknowledged),
    rejected: sum(current, ({ rejected }) => rejected),
    waiting: [a, b]
      .flatMap(({ waiting }) => waiting)
      .toSorted()
      .slice(0, maxNamed),
    rejections: current
      .flatMap(({ rejections }) => rejections)
      .sort((left, right) => (left.pod < right.pod ? -1 : 1))
      .slice(0, maxNamed),
  };
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}
