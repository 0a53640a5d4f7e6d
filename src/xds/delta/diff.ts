import { onceForBoth } from '../../common/once-for.ts';
import type { Resource } from '../resources/resource.ts';

type Resources = ReadonlyMap<string, Resource>;

const none: readonly string[] = [];

/**
 * The names that were added, removed or got another version between two maps of one type.
 * Remembered by the maps' identity: a change to a group of proxies is compared once for all of it.
 */
export function diff(previous: Resources, next: Resources): readonly string[] {
  if (previous === next) return none;
  // A session asks twice for the same two maps, and the look-up costs more than all else that it does for an offer.
  if (last?.previous !== previous || last.next !== next)
    last = { previous, next, names: compare(previous, next) };
  return last.names;
}

let last:
  | {
      readonly previous: Resources;
      readonly next: Resources;
      readonly names: readonly string[];
    }
  | undefined;

const compare = onceForBoth((previous: Resources, next: Resources): readonly string[] => {
  const names: string[] = [];
  for (const [name, resource] of next) {
    const old = previous.get(name);
    if (old !== resource && old?.version !== resource.version) names.push(name);
  }
  for (const name of previous.keys()) if (!next.has(name)) names.push(name);
  return names;
});
