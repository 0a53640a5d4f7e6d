import type { AdmittedPod } from './admitted-pod.ts';
import { lastingContainers } from './admitted-pod.ts';
import { resolvePort } from './probes.ts';

/**
 * Warnings about lifecycle hooks that call the pod over the network: the kubelet speaks no mTLS, so the
 * sidecar refuses them, unless their port is excluded from interception.
 */
export function hookWarnings(
  pod: AdmittedPod,
  excludedPorts: readonly number[],
): readonly string[] {
  return lastingContainers(pod).flatMap(({ container: { name, lifecycle, ports } }) =>
    Object.entries(lifecycle ?? {})
      .map(([hook, action]) => ({ hook, port: calledPort(action) }))
      .filter(({ port }) => port !== undefined)
      .filter(({ port = '' }) => !excludedPorts.includes(resolvePort(port, ports ?? []) ?? 0))
      .map(
        ({ hook }) => `the sidecar refuses the ${hook} call of container ${name}; exclude its port`,
      ),
  );
}

function calledPort(action: unknown): number | string | undefined {
  const { httpGet, tcpSocket } = (action ?? {}) as Readonly<
    Record<string, { readonly port?: number | string; readonly host?: string } | undefined>
  >;
  const call = httpGet ?? tcpSocket;
  return call?.host ? undefined : call?.port;
}
