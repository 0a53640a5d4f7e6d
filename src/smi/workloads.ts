import type { Pod, Service, ServicePort } from '../api/core.ts';
import { injectedBy, originalProbes } from '../api/labels.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { type ServiceKey, serviceKey } from '../policy/service.ts';
import type { Split } from '../policy/split.ts';
import type { ProbeTarget, ServedPort, Workload } from '../policy/workload.ts';
import { warn } from './diagnose.ts';
import { isFinished } from './selection.ts';
import { accountOf, isTcp, protocolOf } from './services.ts';
import { fields, integer, list, text } from './shape.ts';

export interface CompiledWorkload {
  readonly workload: Workload;
  readonly diagnostics: readonly Diagnostic[];
}

/** Whether a pod carries a sidecar of the mesh of that name, and may still use it. */
export function isWorkload(pod: Pod, meshName: string): boolean {
  const { labels, uid } = pod.metadata;
  return labels?.[injectedBy] === meshName && uid !== undefined && !isFinished(pod);
}

/** `services` select the pod; `splits` are those of its namespace, by apex. */
export function compileWorkload(
  pod: Pod,
  services: readonly Service[],
  splits: ReadonlyMap<ServiceKey, Split>,
): CompiledWorkload {
  const { name, namespace = '', uid = '' } = pod.metadata;
  const probes = parseProbes(pod.metadata.annotations?.[originalProbes]);
  return {
    workload: {
      pod: `${namespace}/${name}`,
      uid,
      account: accountOf(pod),
      served: servedPorts(pod, services, splits),
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

function servedPorts(
  pod: Pod,
  services: readonly Service[],
  splits: ReadonlyMap<ServiceKey, Split>,
): readonly ServedPort[] {
  const served = new Map<
    string,
    { port: Omit<ServedPort, 'services'>; services: Set<ServiceKey> }
  >();
  for (const service of services) {
    const key = serviceKey(service.metadata.namespace ?? '', service.metadata.name);
    for (const port of (service.spec.ports ?? []).filter(isTcp)) {
      const targetPort = resolveTargetPort(pod, port);
      if (targetPort === undefined) continue;
      const protocol = protocolOf(port);
      const at = `${String(targetPort).padStart(5, '0')} ${protocol}`;
      const entry = served.get(at) ?? { port: { targetPort, protocol }, services: new Set() };
      for (const leading of [key, ...apexesOf(splits, key, port.port)]) entry.services.add(leading);
      served.set(at, entry);
    }
  }
  return [...served]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, entry]) => ({ ...entry.port, services: [...entry.services].sort() }));
}

/** The services whose split sends calls of that port to this backend. */
function apexesOf(
  splits: ReadonlyMap<ServiceKey, Split>,
  backend: ServiceKey,
  port: number,
): readonly ServiceKey[] {
  return [...splits.values()]
    .filter((split) => split.backends.some((b) => b.service === backend && b.ports.includes(port)))
    .map((split) => split.apex);
}

/** Undefined: the port is named, and no container of the pod has a port of that name. */
function resolveTargetPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  const ports = containers.flatMap((container) => container.ports ?? []);
  return ports.find((one) => one.name === target && isTcp(one))?.containerPort;
}

const probeShape = list(
  fields({
    container: text,
    probe: oneOf('liveness', 'readiness', 'startup'),
    kind: oneOf('http', 'https', 'tcp', 'grpc'),
    port: integer(1, 65535),
    path: text,
    service: text,
    timeoutSeconds: integer(1, 2 ** 31 - 1),
  }),
);

function oneOf(
  ...values: readonly string[]
): (value: unknown, field: string) => string | undefined {
  return (value, field) =>
    values.includes(value as string) ? undefined : `${field} must be one of ${values.join(', ')}`;
}

/** The probes, or what is wrong with the annotation. */
function parseProbes(annotation: string | undefined): readonly ProbeTarget[] | string {
  if (annotation === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(annotation);
  } catch {
    return 'it is no JSON';
  }
  const problem = probeShape(value, '');
  if (problem !== undefined) return problem;
  return (value as ProbeTarget[]).map((probe) => ({
    container: probe.container,
    probe: probe.probe,
    kind: probe.kind,
    port: probe.port,
    path: probe.path,
    service: probe.service,
    timeoutSeconds: probe.timeoutSeconds,
  }));
}
