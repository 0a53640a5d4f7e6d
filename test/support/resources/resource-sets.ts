import type { Origin } from '../../../src/policy/origin.ts';
import { pushOrder } from '../../../src/xds/delta/type-order.ts';
import {
  type Resource,
  type ResourceSet,
  type ResourceType,
  typeUrls,
} from '../../../src/xds/resources/resource.ts';
import { encodeMessage } from './encode-message.ts';

/** A resource whose Any holds just `version`: enough for the protocol, which never looks inside. */
export function makeResource(
  type: ResourceType,
  name: string,
  { version = '1', origins = [] }: { version?: string; origins?: readonly Origin[] } = {},
): Resource {
  const encoded = encodeMessage([
    [1, version],
    [
      2,
      encodeMessage([
        [1, typeUrls[type]],
        [2, version],
      ]),
    ],
    [3, name],
  ]);
  return Object.freeze({ type, name, version, encoded, origins });
}

/** A set of these resources. */
export function makeSet(...resources: readonly Resource[]): ResourceSet {
  const set = Object.fromEntries(
    pushOrder.map((type) => [
      type,
      new Map(resources.filter((one) => one.type === type).map((one) => [one.name, one])),
    ]),
  );
  return Object.freeze(set) as unknown as ResourceSet;
}

export function makeOrigin(name: string, generation = 1, kind = 'TrafficTarget'): Origin {
  return { kind, namespace: 'shop', name, generation };
}
