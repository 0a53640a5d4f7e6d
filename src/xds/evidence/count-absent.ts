import type { Origin, OriginKey } from '../../policy/origin.ts';
import type { ResourceSet } from '../resources/resource.ts';
import { maxNamed, type ObjectEvidence } from './evidence.ts';
import { originsOf } from './origins-of.ts';

/** A pod whose proxy has no stream, and the resources that it would be offered. */
export interface AbsentProxy {
  /** `<namespace>/<pod>`. */
  readonly pod: string;
  /** Whether the proxy may still be starting. */
  readonly starting: boolean;
  readonly set: ResourceSet;
}

/** The evidence of an object, with the proxies that it concerns and that have no stream; these count in `total`. */
export interface WholeEvidence extends ObjectEvidence {
  /** Of the total: proxies that are starting, and proxies that are away although they had time to connect. */
  readonly starting: number;
  readonly away: number;
  /** Names of some pods that are away. */
  readonly awayPods: readonly string[];
}

interface Absence {
  starting: number;
  away: number;
  /** The first by name of the pods that are away. */
  awayPods: readonly string[];
}

/** The evidence of objects, in which absent proxies count as proxies without an ACK. Pure. */
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
    const evidence = known ?? (draft && noProxyYet(draft.origin));
    if (evidence === undefined) return undefined;
    const { starting = 0, away = 0, awayPods = [] } = draft ?? {};
    return { ...evidence, total: evidence.total + starting + away, starting, away, awayPods };
  };
}

/** Counts pods with the same offer together: a thousand may start at once. */
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

/** The first of both lists, by name. */
function firstOf(some: readonly string[], more: readonly string[]): readonly string[] {
  if (more.length === 0 && some.length <= 1) return some;
  return [...some, ...more].sort().slice(0, maxNamed);
}

function noProxyYet(origin: Origin): ObjectEvidence {
  return { origin, total: 0, acknowledged: 0, rejected: 0, rejections: [], waiting: [] };
}
