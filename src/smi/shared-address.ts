import type { Diagnostic } from '../policy/diagnostic.ts';
import type { MeshService, ServiceKey } from '../policy/service.ts';
import type { Selection } from './selection.ts';

/**
 * Headless services that lead to the same port of the same pod. A proxy sees only that address, so it
 * cannot tell which of them was called.
 */
export function sharedAddresses(
  services: ReadonlyMap<ServiceKey, MeshService>,
  selection: Selection,
): readonly Diagnostic[] {
  const taken = new Map<string, MeshService>();
  const found = new Map<string, Diagnostic>();
  for (const service of services.values()) {
    if (!service.headless) continue;
    for (const { port, pod } of places(service, selection)) {
      const at = `${pod} ${port}`;
      const first = taken.get(at) ?? service;
      taken.set(at, first);
      if (first === service) continue;
      found.set(`${service.key} ${first.key} ${port}`, sharedBy(service, first, port));
    }
  }
  return [...found.values()];
}

function places(
  service: MeshService,
  selection: Selection,
): readonly { readonly pod: string; readonly port: number }[] {
  const pods = selection.get(service.name) ?? [];
  return service.ports.flatMap(({ port }) => pods.map((pod) => ({ pod: pod.metadata.name, port })));
}

function sharedBy(service: MeshService, first: MeshService, port: number): Diagnostic {
  const { namespace, name } = service;
  return {
    code: 'service-address-shared',
    severity: 'warning',
    object: { kind: 'Service', namespace, name, generation: 0 },
    message: `headless services ${first.key} and ${service.key} lead to port ${port} of the same pods, so a call cannot be told apart by its address: give one of them a port of its own, or a cluster IP`,
  };
}
