import type { Origin, OriginKey } from '../../policy/origin.ts';
import type { ResourceSet } from '../resources/resource.ts';
import { maxNamed, type ObjectEvidence } from './evidence.ts';
import { originsOf } from './origins-of.ts';

/** A pod whose proxy has no stream, and what it would be offered. */
export interface AbsentProxy {
  /** `<namespace>/<pod>`. */
  readonly pod: string;
  /** Whether it may still be on its way. */
  readonly starting: boolean;
  readonly set: ResourceSet;
}

/** An object with the proxies that it concerns and that have no stream: they count in `total`. */
export interface WholeEvidence extends ObjectEvidence {
  /** Of the total, proxies that start, and proxies that are away although they had their time. */
  readonly starting: number;
  readonly away: number;
  /** Some of those that are away, by name. */
  readonly awayPods: readonly string[];
}

interface Absence {
  starting: number;
  away: string[];
}

/** The evidence of objects with the absent counted as not having acknowledged. Pure. */
export function countAbsent(
  objects: ReadonlyMap<OriginKey, ObjectEvidence>,
  absent: readonly AbsentProxy[],
): (key: OriginKey) => WholeEvidence | undefined {
  const drafts = new Map<OriginKey, Absence & { readonly origin: Origin }>();
  for (const [set, { starting, away }] of bySet(absent))
    for (const [key, origin] of originsOf(set)) {
      const draft = drafts.get(key) ?? { origin, starting: 0, away: [] };
      drafts.set(key, draft);
      draft.starting += starting;
      draft.away = draft.away.concat(away);
    }
  return (key) => {
    const [known, draft] = [objects.get(key), drafts.get(key)];
    const evidence = known ?? (draft && nobodyYet(draft.origin));
    if (evidence === undefined) return undefined;
    const { starting = 0, away = [] } = draft ?? {};
    return {
      ...evidence,
      total: evidence.total + starting + away.length,
      starting,
      away: away.length,
      awayPods: away.toSorted().slice(0, maxNamed),
    };
  };
}

/** Pods that would be offered the same are counted together: a thousand may start at once. */
function bySet(absent: readonly AbsentProxy[]): ReadonlyMap<ResourceSet, Absence> {
  const sets = new Map<ResourceSet, Absence>();
  for (const { pod, starting, set } of absent) {
    const absence = sets.get(set) ?? { starting: 0, away: [] };
    sets.set(set, absence);
    if (starting) absence.starting += 1;
    else absence.away.push(pod);
  }
  return sets;
}

function nobodyYet(origin: Origin): ObjectEvidence {
  return { origin, total: 0, acknowledged: 0, rejected: 0, rejections: [], waiting: [] };
}
