import type { Probe } from '../api/core.ts';
import type { HookName, OriginalProbe } from '../api/probes.ts';
import { hookPath } from '../envoy/names.ts';
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

const hookNames: readonly HookName[] = ['postStart', 'preStop'];
/** The kubelet sets no limit on postStart; the sidecar needs one. */
const longestStartSeconds = 3600;
const usualGraceSeconds = 30;

export interface HookWay {
  /** What makes the hooks' addresses in this pod unguessable. */
  readonly key: string;
  /** What an earlier call of this webhook noted. */
  readonly earlier: readonly OriginalProbe[];
}

/**
 * Lifecycle hooks that call the pod over HTTP go to a port of the sidecar, as probes do (docs/decisions/0090). A hook
 * has an effect, so its address, unlike a probe's, has a part that strangers do not know. Kubernetes' schema has hooks
 * over TCP, but the kubelet never runs them; the admission answer and the pod warn of them.
 */
export function rewriteHooks(pod: AdmittedPod, way: HookWay): CallChanges {
  const grace = pod.spec.terminationGracePeriodSeconds ?? usualGraceSeconds;
  return mergeChanges(
    applicationContainers(pod).flatMap((placed) =>
      hookNames.map((name) => {
        const timeoutSeconds = name === 'preStop' ? Math.max(1, grace) : longestStartSeconds;
        return rewriteHook(placed, { ...way, name, timeoutSeconds });
      }),
    ),
  );
}

function rewriteHook(
  { container, pointer }: PlacedContainer,
  { name, key, earlier, timeoutSeconds }: HookWay & { name: HookName; timeoutSeconds: number },
): CallChanges {
  const hook = (container.lifecycle?.[name] ?? {}) as Probe;
  const who = `the ${name} hook of container ${container.name}`;
  if (hook.tcpSocket)
    return {
      ...unchanged,
      warnings: [`${who} is a tcpSocket, which Kubernetes never runs; use httpGet or exec`],
    };
  const target = targetOf(hook);
  if (target === undefined) return unchanged;
  const before = earlier.find((one) => one.container === container.name && one.probe === name);
  if (before !== undefined) {
    const led = { path: hookPath(name, container.name, before.key), port: ports.hooks };
    if (wasRedirected(hook, led)) return { ...unchanged, originals: [before] };
  }
  const resolution = resolveTarget(who, target, container.ports ?? []);
  if ('warning' in resolution) return { ...unchanged, warnings: [resolution.warning] };
  if ('problem' in resolution) return { ...unchanged, problems: [resolution.problem] };
  const place = { path: hookPath(name, container.name, key), port: ports.hooks, scheme: 'HTTP' };
  const path = `${pointer}/lifecycle/${name}/httpGet`;
  return {
    ...unchanged,
    operations: [{ op: 'replace', path, value: { ...hook.httpGet, ...place } }],
    originals: [
      { container: container.name, probe: name, ...resolution.target, timeoutSeconds, key },
    ],
  };
}
