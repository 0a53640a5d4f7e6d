import type { Probe } from '../api/core.ts';
import type { OriginalProbe, ProbeName } from '../api/probes.ts';
import { healthcheckPath, httpProbePath } from '../envoy/names.ts';
import { ports } from '../envoy/ports.ts';
import { type AdmittedPod, type PlacedContainer, applicationContainers } from './admitted-pod.ts';
import {
  type CallChanges,
  wasRedirected,
  resolveTarget,
  targetOf,
  mergeChanges,
  unchanged,
} from './kubelet-call.ts';

const probeNames: readonly ProbeName[] = ['liveness', 'readiness', 'startup'];

/**
 * The kubelet speaks no mTLS, so its http, https, tcp and grpc probes go to ports of the sidecar, which asks the
 * application in their place. Thresholds, times and headers stay; exec probes and probes of another host stay as they
 * are. A probe with a port that cannot be resolved stays as it is, with a warning. A probe that was redirected before,
 * with its original in `earlier`, stays redirected (docs/decisions/0016).
 */
export function rewriteProbes(
  pod: AdmittedPod,
  earlier: readonly OriginalProbe[] = [],
): CallChanges {
  return mergeChanges(
    applicationContainers(pod).flatMap((placed) =>
      probeNames.map((name) => rewriteProbe(placed, name, earlier)),
    ),
  );
}

function rewriteProbe(
  { container, pointer }: PlacedContainer,
  name: ProbeName,
  earlier: readonly OriginalProbe[],
): CallChanges {
  const probe = container[`${name}Probe`];
  const target = probe && targetOf(probe);
  if (probe === undefined || target === undefined) return unchanged;
  const before = earlier.find((one) => one.container === container.name && one.probe === name);
  if (before !== undefined && wasRedirected(probe, placeOf(before.kind, name, container.name)))
    return { ...unchanged, originals: [before] };
  const who = `the ${name} probe of container ${container.name}`;
  const resolution = resolveTarget(who, target, container.ports ?? []);
  if ('warning' in resolution) return { ...unchanged, warnings: [resolution.warning] };
  if ('problem' in resolution) return { ...unchanged, problems: [resolution.problem] };
  const { kind, path, service, headers, port } = resolution.target;
  const timeoutSeconds = probe.timeoutSeconds ?? 1;
  const to = { container: container.name, probe: name, kind, port, path, service };
  return {
    ...unchanged,
    operations: operations(`${pointer}/${name}Probe`, probe, placeOf(kind, name, container.name)),
    originals: [{ ...to, timeoutSeconds, headers, key: '' }],
  };
}

function placeOf(
  kind: OriginalProbe['kind'],
  name: ProbeName,
  container: string,
): { readonly path: string; readonly port: number } {
  return kind === 'tcp' || kind === 'grpc'
    ? { path: healthcheckPath(name, container), port: ports.healthcheck }
    : { path: httpProbePath(name, container), port: ports[name] };
}

function operations(
  at: string,
  { httpGet, tcpSocket }: Probe,
  place: { readonly path: string; readonly port: number },
): CallChanges['operations'] {
  const value = { ...httpGet, ...place, scheme: 'HTTP' };
  if (httpGet !== undefined) return [{ op: 'replace', path: `${at}/httpGet`, value }];
  const old = tcpSocket !== undefined ? 'tcpSocket' : 'grpc';
  return [
    { op: 'remove', path: `${at}/${old}` },
    { op: 'add', path: `${at}/httpGet`, value },
  ];
}
