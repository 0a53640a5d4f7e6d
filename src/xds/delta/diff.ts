import { onceForBoth } from '../../common/once-for.ts';
import type { Resource, ResourceSet, ResourceType } from '../resources/resource.ts';
import { pushOrder } from './type-order.ts';

type Resources = ReadonlyMap<string, Resource>;

/** The names that differ, by type; only types in which any differs. */
export type ChangedNames = ReadonlyMap<ResourceType, readonly string[]>;

const noResources: Resources = new Map();
const nothing: ResourceSet = Object.freeze({
  cluster: noResources,
  endpoint: noResources,
  secret: noResources,
  listener: noResources,
  extension: noResources,
  route: noResources,
});
const noChanges: ChangedNames = new Map();

/**
 * The names that were added, removed or have another version in `next`; `previous` is undefined when there was no set.
 * Two sets are compared once for all proxies that go from one to the other, and two maps once for all sets that contain
 * them.
 */
export function changesBetween(previous: ResourceSet | undefined, next: ResourceSet): ChangedNames {
  return previous === next ? noChanges : compareSets(previous ?? nothing, next);
}

const compareSets = onceForBoth((previous: ResourceSet, next: ResourceSet): ChangedNames => {
  const changes = new Map<ResourceType, readonly string[]>();
  for (const type of pushOrder) {
    if (previous[type] === next[type]) continue;
    const names = compare(previous[type], next[type]);
    if (names.length > 0) changes.set(type, names);
  }
  return changes;
});

const compare = onceForBoth((previous: Resources, next: Resources): readonly string[] => {
  const names: string[] = [];
  for (const [name, resource] of next) {
    const old = previous.get(name);
    if (old !== resource && old?.version !== resource.version) names.push(name);
  }
  for (const name of previous.keys()) if (!next.has(name)) names.push(name);
  return names;
});
