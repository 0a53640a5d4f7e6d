import type { Pod } from '../api/core.ts';
import type { MeshService, ServiceKey } from '../policy/service.ts';
import { type AddressBook, ownAddresses } from './address-book.ts';
import type { Plaintext } from './plaintext.ts';
import { onHostNetwork } from './pod-state.ts';
import type { Behind } from './behind.ts';

export interface NeverPlaintextInput {
  readonly services: ReadonlyMap<ServiceKey, MeshService>;
  readonly behind: ReadonlyMap<string, Behind>;
  /** Pods that may be behind a headless service for which, because of a bound, no pods were selected. */
  readonly others: Iterable<Pod>;
  readonly hasSidecar: (pod: Pod) => boolean;
  readonly plaintext: Plaintext;
  readonly book: Pick<AddressBook, 'disputes'>;
}

/**
 * Addresses of a namespace to which plaintext must never leave a pod: those of every service, and of the pods of
 * headless ones, ready or not. A call to the address of a pod without a sidecar is treated like a call to its service:
 * in strict mode it is refused, in permissive mode it goes in plaintext. A pod on its node's network has the node's
 * address, which is left out (docs/decisions/0006).
 */
export function listNeverPlaintext(given: NeverPlaintextInput): readonly string[] {
  const { services, behind, others, hasSidecar, plaintext, book } = given;
  const addresses = new Set<string>();
  const addPods = (pods: Iterable<Pod>, headless: boolean): void => {
    for (const pod of pods) {
      const guards = hasSidecar(pod) ? headless : plaintext === 'none';
      if (!guards || onHostNetwork(pod)) continue;
      for (const address of ownAddresses(pod, book)) addresses.add(address);
    }
  };
  for (const { name, headless, addresses: own } of services.values()) {
    for (const address of own) addresses.add(address);
    addPods(behind.get(name)?.pods ?? [], headless);
  }
  addPods(others, true);
  return [...addresses].sort();
}
