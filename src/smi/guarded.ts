import type { Pod } from '../api/core.ts';
import type { CompiledNamespace } from './namespace.ts';

/**
 * Addresses whose plaintext must never leave a pod: those of every service, and of the pods of
 * headless ones, ready or not. A pod on its node's network has the node's address, which is left out.
 */
export function guardedAddresses(namespaces: readonly CompiledNamespace[]): readonly string[] {
  const addresses = new Set<string>();
  for (const { services, selection } of namespaces) {
    for (const service of services.result.values()) {
      for (const address of service.addresses) addresses.add(address);
      const pods = service.headless ? (selection.get(service.name) ?? []) : [];
      for (const address of pods.flatMap(ownAddresses)) addresses.add(address);
    }
  }
  return [...addresses].sort();
}

function ownAddresses(pod: Pod): readonly string[] {
  if (pod.spec.hostNetwork === true) return [];
  return (pod.status?.podIPs ?? []).map(({ ip }) => ip);
}
