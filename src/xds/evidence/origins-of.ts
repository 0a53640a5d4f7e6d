import { onceFor } from '../../common/once-for.ts';
import { originKey, type Origin, type OriginKey } from '../../policy/origin.ts';
import { pushOrder } from '../delta/type-order.ts';
import type { Resource, ResourceSet } from '../resources/resource.ts';

type Origins = ReadonlyMap<OriginKey, Origin>;

/** The objects that any resource of the set was made from, each at its newest generation. */
export const originsOf = onceFor((set: ResourceSet): Origins => {
  const origins = new Map<OriginKey, Origin>();
  for (const type of pushOrder)
    for (const origin of originsOfMap(set[type]).values()) keepNewest(origins, origin);
  return origins;
});

/** The same for the resources of one type. */
export const originsOfMap = onceFor((resources: ReadonlyMap<string, Resource>): Origins => {
  const origins = new Map<OriginKey, Origin>();
  for (const resource of resources.values())
    for (const origin of resource.origins) keepNewest(origins, origin);
  return origins;
});

function keepNewest(origins: Map<OriginKey, Origin>, origin: Origin): void {
  const key = originKey(origin);
  const other = origins.get(key);
  if (other === undefined || other.generation < origin.generation) origins.set(key, origin);
}
