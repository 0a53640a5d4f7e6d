import type { Diagnostic } from '../policy/diagnostic.ts';
import type { Service } from '../api/core.ts';
import type { ByName } from '../cluster/snapshot.ts';
import type { Behind } from './behind.ts';
import { warn } from '../cluster/diagnose.ts';
import { isTcp, targetPorts } from './target-port.ts';

interface Place {
  /** The Service's port. */
  readonly port: number;
  readonly pod: string;
  readonly target: number;
}

/**
 * Warnings for headless services that lead to the same port of the same pod. A proxy sees only that address, so it
 * cannot tell which service was called: the first by name gets the call (docs/decisions/0078).
 */
export function sharedAddresses(
  services: ByName<Service>,
  behind: ReadonlyMap<string, Behind>,
): readonly Diagnostic[] {
  const taken = new Map<string, Service>();
  const found = new Map<string, Diagnostic>();
  for (const [name, own] of behind) {
    const service = services.get(name);
    if (service?.spec.clusterIP !== 'None') continue;
    for (const { port, pod, target } of placesOf(service, own)) {
      const at = `${pod} ${target}`;
      const first: Service = taken.get(at) ?? service;
      taken.set(at, first);
      if (first === service) continue;
      const warning = sharedBy(service, first, port);
      found.set(warning.message, warning);
    }
  }
  return [...found.values()];
}

function placesOf(service: Service, behind: Behind): readonly Place[] {
  return (service.spec.ports ?? []).filter(isTcp).flatMap((port) =>
    behind.pods.flatMap((pod) =>
      targetPorts(pod, port, behind).map((target) => ({
        port: port.port,
        pod: pod.metadata.name,
        target,
      })),
    ),
  );
}

function sharedBy(service: Service, first: Service, port: number): Diagnostic {
  const { namespace = '', name } = service.metadata;
  const message = `headless services ${namespace}/${first.metadata.name} and ${namespace}/${name} lead to port ${port} of the same pods. A sidecar sees only the address that is called, and treats each such call as a call to ${namespace}/${first.metadata.name}: give one of the two Services another port, or a cluster IP`;
  return warn(service, 'service-address-shared', message);
}
