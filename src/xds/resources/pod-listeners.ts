import type { Endpoint, EndpointMap } from '../../policy/endpoints.ts';
import { allowed } from './endpoints.ts';
import { type PodPort, boundAddress } from './outbound.ts';
import { podAddressListener } from './outbound-listener.ts';
import { resourceOf } from './resource-of.ts';
import type { Resource } from './resource.ts';

/**
 * The listeners of single pods behind headless services, remembered by endpoint. An address that
 * several services share has one listener, of the first: which of them was meant makes no difference
 * to the pod, and a second listener would be refused.
 */
export class PodListeners {
  readonly #made = new WeakMap<PodPort, WeakMap<Endpoint, Resource>>();

  listeners(
    pods: readonly PodPort[],
    endpoints: EndpointMap,
    taken: ReadonlySet<string>,
  ): ReadonlyMap<string, Resource> {
    const listeners = new Map<string, Resource>();
    const addresses = new Set(taken);
    for (const pod of pods) {
      for (const endpoint of allowed(endpoints.get(pod.key) ?? [], pod.accounts)) {
        const address = boundAddress(endpoint.address, endpoint.port);
        if (addresses.has(address)) continue;
        addresses.add(address);
        const resource = this.#listener(pod, endpoint);
        listeners.set(resource.name, resource);
      }
    }
    return listeners;
  }

  #listener(pod: PodPort, endpoint: Endpoint): Resource {
    const known = this.#made.get(pod) ?? new WeakMap<Endpoint, Resource>();
    this.#made.set(pod, known);
    const before = known.get(endpoint);
    if (before !== undefined) return before;
    const message = podAddressListener(endpoint.address, endpoint.port, pod.filter);
    const made = resourceOf('listener', message, pod.origins);
    known.set(endpoint, made);
    return made;
  }
}
