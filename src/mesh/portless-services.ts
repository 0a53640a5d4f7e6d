// Input: the Services of a namespace and the pods behind them. Output: a note on each headless Service without ports
// whose pods no other Service leads to. Rule: the mesh opens only the ports of Services, so no caller can reach such
// pods; another Service that lists the ports opens them.
import type { Pod, Service } from '../api/core.ts';
import type { ByName } from '../cluster/snapshot.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { Behind } from './behind.ts';
import { note } from '../cluster/diagnose.ts';
import { isTcp } from './target-port.ts';

export function portlessServices(
  services: ByName<Service>,
  behind: ReadonlyMap<string, Behind>,
): readonly Diagnostic[] {
  const portless = [...services.values()].filter(isPortless);
  if (portless.length === 0) return [];
  const reached = new Set<Pod>();
  for (const [name, { pods }] of behind) {
    if (services.get(name)?.spec.ports?.some(isTcp) !== true) continue;
    for (const pod of pods) reached.add(pod);
  }
  return portless.flatMap((service) => {
    const pods = behind.get(service.metadata.name)?.pods ?? [];
    const first = pods.find((pod) => !reached.has(pod));
    return first === undefined ? [] : [unreachable(service, first)];
  });
}

/** Whether a headless Service lists no ports at all; a Service with only UDP ports is no oversight. */
function isPortless({ spec }: Service): boolean {
  return spec.clusterIP === 'None' && (spec.ports ?? []).length === 0;
}

function unreachable(service: Service, { metadata }: Pod): Diagnostic {
  const message = `the Service has no ports, and no other Service leads to its pod ${metadata.name}: the mesh opens only the ports of Services, so connections to that pod are reset; if clients call the pod, list its ports in this Service or in another Service`;
  return note(service, 'service-without-ports', message);
}
