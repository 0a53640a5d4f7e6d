import type { Namespace, Pod, Service } from '../api/core.ts';
import { parseInjectionWarnings } from '../api/injection-warnings.ts';
import { injectionWarnings, metrics, originalProbes } from '../api/labels.ts';
import { readSwitch } from '../api/switch-annotation.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { type ServiceKey, serviceKey } from '../policy/service.ts';
import { isSidecarPort } from '../common/sidecar-ports.ts';
import type { ServedPort, Workload } from '../policy/workload.ts';
import { warn } from '../cluster/diagnose.ts';
import { parseProbes } from './probes.ts';
import type { Behind } from './behind.ts';
import { protocolOf } from './protocol.ts';
import { accountOf } from './services.ts';
import { isTcp, targetPorts } from './target-port.ts';

export interface CompiledWorkload {
  readonly workload: Workload;
  readonly diagnostics: readonly Diagnostic[];
}

/** A service that leads to a pod. */
export interface LeadingService {
  readonly service: Service;
  readonly behind: Pick<Behind, 'unselected' | 'written'>;
}

/** Whether a pod's sidecar shows its metrics; the pod's own annotation takes precedence. */
function showsMetrics(pod: Pod, namespace: Namespace | undefined): boolean {
  const own = readSwitch(metrics, pod).kind;
  return (own === 'absent' ? readSwitch(metrics, namespace).kind : own) === 'on';
}

/** `services` are the Services that lead to the pod; `namespace` is the pod's own. */
export function compileWorkload(
  pod: Pod,
  services: readonly LeadingService[],
  namespace?: Namespace,
): CompiledWorkload {
  const { name, namespace: within = '', uid = '' } = pod.metadata;
  const probes = parseProbes(pod.metadata.annotations?.[originalProbes]);
  const malformed = typeof probes === 'string' ? [unreadable(pod, probes)] : [];
  return {
    workload: {
      pod: `${within}/${name}`,
      uid,
      account: accountOf(pod),
      served: servedPorts(pod, services),
      probes: typeof probes === 'string' ? [] : probes,
      metrics: showsMetrics(pod, namespace),
    },
    diagnostics: [...malformed, ...warnedOf(pod)],
  };
}

function unreadable(pod: Pod, problem: string): Diagnostic {
  const message = `annotation ${originalProbes} cannot be read (${problem}), so the kubelet's probes get no answer: recreate the pod, and do not set that annotation yourself`;
  return warn(pod, 'object-malformed', message);
}

/**
 * The injector's warnings. The admission answer has them, too, but a controller that creates the pod does not show it.
 */
function warnedOf(pod: Pod): readonly Diagnostic[] {
  const warnings = parseInjectionWarnings(pod.metadata.annotations?.[injectionWarnings]);
  return warnings.map(({ code, message }) => warn(pod, code, message));
}

function servedPorts(pod: Pod, services: readonly LeadingService[]): readonly ServedPort[] {
  const served = new Map<string, Omit<ServedPort, 'services'> & { services: Set<ServiceKey> }>();
  for (const { targetPort, protocol, service } of services.flatMap((one) => waysTo(pod, one))) {
    const at = `${String(targetPort).padStart(5, '0')} ${protocol}`;
    const entry = served.get(at) ?? { targetPort, protocol, services: new Set() };
    entry.services.add(service);
    served.set(at, entry);
  }
  return [...served]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, entry]) => ({ ...entry, services: [...entry.services].sort() }));
}

interface Way extends Omit<ServedPort, 'services'> {
  readonly service: ServiceKey;
}

/** The ports by which a service leads to a pod. services.ts reports the sidecar's ports, which are left out here. */
function waysTo(pod: Pod, { service, behind }: LeadingService): readonly Way[] {
  const key = serviceKey(service.metadata.namespace ?? '', service.metadata.name);
  return (service.spec.ports ?? []).filter(isTcp).flatMap((port) => {
    const targets = targetPorts(pod, port, behind).filter((target) => !isSidecarPort(target));
    return targets.map((targetPort) => ({ targetPort, protocol: protocolOf(port), service: key }));
  });
}
