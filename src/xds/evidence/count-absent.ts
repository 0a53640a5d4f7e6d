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
  away: number;
  /** Of those that are away the first by name. */
  awayPods: readonly string[];
}

/** The evidence of objects with the absent counted as not having acknowledged. Pure. */
export function countAbsent(
  objects: ReadonlyMap<OriginKey, ObjectEvidence>,
  absent: readonly AbsentProxy[],
): (key: OriginKey) => WholeEvidence | undefined {
  const drafts = new Map<OriginKey, Absence & { readonly origin: Origin }>();
  for (const [set, { starting, away, awayPods }] of bySet(absent))
    for (const [key, origin] of originsOf(set)) {
      const draft = drafts.get(key) ?? { origin, starting: 0, away: 0, awayPods: [] };
      drafts.set(key, draft);
      draft.starting += starting;
      draft.away += away;
      draft.awayPods = firstOf(draft.awayPods, awayPods);
    }
  return (key) => {
    const [known, draft] = [objects.get(key), drafts.get(key)];
    const evidence = known ?? (draft && nobodyYet(draft.origin));
    if (evidence === undefined) return undefined;
    const { starting = 0, away = 0, awayPods = [] } = draft ?? {};
    return { ...evidence, total: evidence.total + starting + away, starting, away, awayPods };
  };
}

/** Pods that would be offered the same are counted together: a thousand may start at once. */
function bySet(absent: readonly AbsentProxy[]): ReadonlyMap<ResourceSet, Absence> {
  const away = new Map<ResourceSet, string[]>();
  const starting = new Map<ResourceSet, number>();
  for (const { pod, starting: isStarting, set } of absent) {
    const names = away.get(set) ?? [];
    away.set(set, names);
    if (isStarting) starting.set(set, (starting.get(set) ?? 0) + 1);
    else names.push(pod);
  }
  const sets = [...away].map(([set, names]): [ResourceSet, Absence] => [
    set,
    { starting: starting.get(set) ?? 0, away: names.length, awayPods: firstOf(names, []) },
  ]);
  return new Map(sets);
}

/** The first by name of both. */
function firstOf(some: readonly string[], more: readonly string[]): readonly string[] {
  if (more.length === 0 && some.length <= 1) return some;
  return [...some, ...more].sort().slice(0, maxNamed);
}

function nobodyYet(origin: Origin): ObjectEvidence {
  return { origin, total: 0, acknowledged: 0, rejected: 0, rejections: [], waiting: [] };
}
