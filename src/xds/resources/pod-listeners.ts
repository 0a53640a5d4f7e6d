import type { Filter } from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import type { Endpoint, EndpointMap } from '../../policy/endpoints.ts';
import { builtResource } from './built-resource.ts';
import { encode } from './encode.ts';
import { selectAllowed } from './endpoints.ts';
import { type PodPort, boundAddress } from './service-part.ts';
import { podAddressListener } from './outbound-listener.ts';
import type { Resource } from './resource.ts';

/** The listener at an address, and the route table or extension that it names. */
interface Bound {
  readonly address: string;
  readonly resource: Resource;
  readonly names: string | undefined;
}

const none: readonly Bound[] = [];

/** A result with its parts: while the parts are the very same, so is the result. */
export interface PodListenerSet {
  readonly lists: readonly (readonly Endpoint[] | undefined)[];
  /** The listeners of each port, in the order of its endpoints. */
  readonly parts: readonly (readonly Bound[])[];
  readonly listeners: ReadonlyMap<string, Resource>;
  /** The route tables and extensions that these listeners name. */
  readonly named: ReadonlySet<string>;
}

/**
 * The listeners of single pods, ready or not, remembered by endpoint. Only a pod of the service's own namespace has
 * one: other addresses in an EndpointSlice change nothing for callers that dial them. If several services share an
 * address, it has one listener, that of the first service: the pod cannot tell which service was meant, and Envoy would
 * refuse a second listener.
 */
export class PodListeners {
  readonly #made = new WeakMap<PodPort, WeakMap<Endpoint, Resource>>();
  readonly #parts = new WeakMap<PodPort, WeakMap<readonly Endpoint[], readonly Bound[]>>();

  /** The very same listeners as before when nothing in them changes; `before` must be of the same pods. */
  listeners(
    pods: readonly PodPort[],
    endpoints: EndpointMap,
    { taken, before }: { taken: ReadonlySet<string>; before: PodListenerSet | undefined },
  ): PodListenerSet {
    const lists = pods.map(({ key }) => endpoints.get(key));
    const parts = pods.map((pod, index) => {
      const known = before?.lists[index] === lists[index] ? before?.parts[index] : undefined;
      return known ?? this.#bound(pod, lists[index]);
    });
    const same = before?.parts.every((part, index) => part === parts[index]) ?? false;
    if (before !== undefined && same) return { ...before, lists };
    const listeners = new Map<string, Resource>();
    const addresses = new Set(taken);
    const named = new Set<string>();
    for (const { address, resource, names } of parts.flat()) {
      if (addresses.has(address)) continue;
      addresses.add(address);
      listeners.set(resource.name, resource);
      if (names !== undefined) named.add(names);
    }
    const alike = before !== undefined && sameVersions(before.listeners, listeners);
    return alike ? { ...before, lists, parts } : { lists, parts, listeners, named };
  }

  #bound(pod: PodPort, endpoints: readonly Endpoint[] = []): readonly Bound[] {
    const known = this.#parts.get(pod) ?? new WeakMap<readonly Endpoint[], readonly Bound[]>();
    this.#parts.set(pod, known);
    const before = known.get(endpoints);
    if (before !== undefined) return before;
    const bound = selectAllowed(endpoints, pod.accounts).flatMap((endpoint) => {
      const way = endpoint.account === undefined ? pod.plain : pod.mesh;
      if (way === undefined || endpoint.outside === true) return [];
      const address = boundAddress(endpoint.address, endpoint.port);
      return [{ address, resource: this.#listener(pod, endpoint, way.filter), names: way.name }];
    });
    const made = bound.length === 0 ? none : bound;
    known.set(endpoints, made);
    return made;
  }

  #listener(pod: PodPort, endpoint: Endpoint, filter: Filter): Resource {
    const known = this.#made.get(pod) ?? new WeakMap<Endpoint, Resource>();
    this.#made.set(pod, known);
    const before = known.get(endpoint);
    if (before !== undefined) return before;
    const message = podAddressListener(endpoint.address, endpoint.port, filter);
    const made = encode(builtResource('listener', message, pod.origins));
    known.set(endpoint, made);
    return made;
  }
}

/** Whether the listeners are equal, as when a pod only became ready or ceased to be. */
function sameVersions(a: ReadonlyMap<string, Resource>, b: ReadonlyMap<string, Resource>): boolean {
  if (a.size !== b.size) return false;
  for (const [name, { version }] of b) if (a.get(name)?.version !== version) return false;
  return true;
}
