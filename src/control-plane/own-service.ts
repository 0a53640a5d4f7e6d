import type { KubernetesObject, Service } from '../api/core.ts';
import { controlPlaneName } from '../api/control-plane-names.ts';
import type { Change, ObjectStore } from '../kubernetes/store.ts';

/**
 * The addresses of the control plane's own Service, the preferred family first. While the Service is gone, or
 * headless, these are the addresses that it had last. Empty until the Service was seen with an address.
 */
export function followAddresses(
  services: Pick<ObjectStore<Service>, 'objects'>,
  namespace: string,
): () => readonly string[] {
  let known: readonly string[] = [];
  return () => {
    const service = services.objects.get(`${namespace}/${controlPlaneName}`);
    const { clusterIP, clusterIPs = clusterIP === undefined ? [] : [clusterIP] } =
      service?.spec ?? {};
    const now = clusterIPs.filter((ip) => ip !== 'None' && ip !== '');
    if (now.length > 0) known = now;
    return known;
  };
}

/** Whether some of the changes are of a Service of that name, in whichever namespace. */
export function touchesOwnService(changes: readonly Change<KubernetesObject>[]): boolean {
  return changes.some(({ before, after }) => (after ?? before)?.metadata.name === controlPlaneName);
}
