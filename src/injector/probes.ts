import type { PatchOperation } from '../api/admission.ts';
import type { ContainerPort, Probe } from '../api/core.ts';
import type { OriginalProbe } from '../api/probes.ts';
import { healthcheckPath, httpProbePath } from '../envoy/names.ts';
import { ports } from '../envoy/ports.ts';
import { type AdmittedPod, type PlacedContainer, lastingContainers } from './admitted-pod.ts';

/** The changes that lead probes through the sidecar, and what they were, for the control plane. */
export interface ProbeChanges {
  readonly operations: readonly PatchOperation[];
  readonly originals: readonly OriginalProbe[];
  readonly warnings: readonly string[];
}

type ProbeName = OriginalProbe['probe'];

/** The parts of an original that depend on its kind. */
type Target = Pick<OriginalProbe, 'kind' | 'path' | 'service'> & { readonly port: number | string };

const probeNames: readonly ProbeName[] = ['liveness', 'readiness', 'startup'];

/**
 * The kubelet speaks no mTLS, so its http, https, tcp and grpc probes go to ports of the sidecar, which
 * asks the application in their place. Thresholds, times and headers stay; exec probes and probes of
 * another host stay as they are. A port that cannot be resolved is left as it is, with a warning.
 */
export function rewriteProbes(pod: AdmittedPod): ProbeChanges {
  const each = lastingContainers(pod).flatMap((placed) =>
    probeNames.map((probe) => rewriteProbe(placed, probe)),
  );
  return {
    operations: each.flatMap(({ operations }) => operations),
    originals: each.flatMap(({ originals }) => originals),
    warnings: each.flatMap(({ warnings }) => warnings),
  };
}

const unchanged: ProbeChanges = { operations: [], originals: [], warnings: [] };

function rewriteProbe({ container, pointer }: PlacedContainer, name: ProbeName): ProbeChanges {
  const probe = container[`${name}Probe`];
  const target = probe && targetOf(probe);
  if (target === undefined) return unchanged;
  const port = resolvePort(target.port, container.ports ?? []);
  if (port === undefined) {
    const warning = `the ${name} probe of container ${container.name} asks for port ${JSON.stringify(target.port)}, which the container does not name`;
    return { ...unchanged, warnings: [warning] };
  }
  const { kind, path, service } = target;
  const timeoutSeconds = probe?.timeoutSeconds ?? 1;
  const original = { container: container.name, probe: name, kind, port, path, service };
  return {
    operations: operations(`${pointer}/${name}Probe`, { ...original, timeoutSeconds }),
    originals: [{ ...original, timeoutSeconds }],
    warnings: [],
  };

  function operations(at: string, to: OriginalProbe): PatchOperation[] {
    if (to.kind === 'tcp' || to.kind === 'grpc') {
      const value = {
        path: healthcheckPath(name, to.container),
        port: ports.healthcheck,
        scheme: 'HTTP',
      };
      const old = to.kind === 'tcp' ? 'tcpSocket' : 'grpc';
      return [
        { op: 'remove', path: `${at}/${old}` },
        { op: 'add', path: `${at}/httpGet`, value },
      ];
    }
    const value = {
      ...probe?.httpGet,
      path: httpProbePath(name, to.container),
      port: ports[name],
      scheme: 'HTTP',
    };
    return [{ op: 'replace', path: `${at}/httpGet`, value }];
  }
}

function targetOf({ httpGet, tcpSocket, grpc }: Probe): Target | undefined {
  if (httpGet && !httpGet.host) {
    const kind = httpGet.scheme?.toUpperCase() === 'HTTPS' ? 'https' : 'http';
    return { kind, port: httpGet.port, path: httpGet.path || '/', service: '' };
  }
  if (tcpSocket && !tcpSocket.host)
    return { kind: 'tcp', port: tcpSocket.port, path: '', service: '' };
  if (grpc) return { kind: 'grpc', port: grpc.port, path: '', service: grpc.service ?? '' };
  return undefined;
}

/** As the kubelet does it: a name of the same container's ports, or else digits. */
export function resolvePort(
  port: number | string,
  declared: readonly ContainerPort[],
): number | undefined {
  if (typeof port === 'number') return port;
  const named = declared.find(({ name }) => name === port)?.containerPort;
  return named ?? (/^[1-9]\d{0,4}$/.test(port) ? Number(port) : undefined);
}
