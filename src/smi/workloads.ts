import type { Pod, Service, ServicePort } from '../api/core.ts';
import { injectedBy, originalProbes } from '../api/labels.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { type ServiceKey, serviceKey } from '../policy/service.ts';
import type { Split } from '../policy/split.ts';
import type { ServedPort, Workload } from '../policy/workload.ts';
import { warn } from './diagnose.ts';
import { parseProbes } from './probes.ts';
import { isFinished } from './selection.ts';
import { accountOf, isTcp, protocolOf } from './services.ts';

export interface CompiledWorkload {
  readonly workload: Workload;
  readonly diagnostics: readonly Diagnostic[];
}

/** Whether a pod carries a sidecar of the mesh of that name, and may still use it. */
export function isWorkload(pod: Pod, meshName: string): boolean {
  const { labels, uid } = pod.metadata;
  return labels?.[injectedBy] === meshName && uid !== undefined && !isFinished(pod);
}

/** Services that lead to another one, as the apexes of splits do, and on which ports. */
export type Leads = readonly { readonly apex: ServiceKey; readonly ports: readonly number[] }[];

/** Who leads to each backend of some splits. Weights do not count, so it outlives a change of them. */
export function leadsOf(splits: ReadonlyMap<ServiceKey, Split>): ReadonlyMap<ServiceKey, Leads> {
  const leads = new Map<ServiceKey, Leads>();
  for (const { apex, backends } of splits.values()) {
    for (const { service, ports } of backends) {
      leads.set(service, [...(leads.get(service) ?? []), { apex, ports }]);
    }
  }
  return leads;
}

/** A service that selects a pod, and who else leads to it. */
export interface LeadingService {
  readonly service: Service;
  readonly leads: Leads;
}

/** `services` are those that select the pod. */
export function compileWorkload(pod: Pod, services: readonly LeadingService[]): CompiledWorkload {
  const { name, namespace = '', uid = '' } = pod.metadata;
  const probes = parseProbes(pod.metadata.annotations?.[originalProbes]);
  return {
    workload: {
      pod: `${namespace}/${name}`,
      uid,
      account: accountOf(pod),
      served: servedPorts(pod, services),
      probes: typeof probes === 'string' ? [] : probes,
    },
    diagnostics:
      typeof probes === 'string'
        ? [
            warn(
              pod,
              'object-malformed',
              `annotation ${originalProbes} cannot be read (${probes}), so the kubelet's probes get no answer: recreate the pod, and leave that annotation to Weft`,
            ),
          ]
        : [],
  };
}

function servedPorts(pod: Pod, services: readonly LeadingService[]): readonly ServedPort[] {
  const served = new Map<string, Omit<ServedPort, 'services'> & { services: Set<ServiceKey> }>();
  for (const { service, leads } of services) {
    const key = serviceKey(service.metadata.namespace ?? '', service.metadata.name);
    for (const port of (service.spec.ports ?? []).filter(isTcp)) {
      const targetPort = resolveTargetPort(pod, port);
      if (targetPort === undefined) continue;
      const protocol = protocolOf(port);
      const at = `${String(targetPort).padStart(5, '0')} ${protocol}`;
      const entry = served.get(at) ?? { targetPort, protocol, services: new Set() };
      const apexes = leads.filter(({ ports }) => ports.includes(port.port));
      for (const leading of [key, ...apexes.map(({ apex }) => apex)]) entry.services.add(leading);
      served.set(at, entry);
    }
  }
  return [...served]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, entry]) => ({ ...entry, services: [...entry.services].sort() }));
}

/** Undefined: the port is named, and no container of the pod has a port of that name. */
function resolveTargetPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const ports = containers.flatMap((container) => container.ports ?? []);
  return ports.find((one) => one.name === target && isTcp(one))?.containerPort;
}
