import { readFile } from 'node:fs/promises';
import { controlPlaneName } from '../api/control-plane-names.ts';
import type { MeshTrust } from '../certificates/plan/mesh-trust.ts';
import { Secret } from '../common/secret.ts';
import type { ObjectStore } from '../kubernetes/store.ts';
import { controlPlaneId } from '../policy/identity.ts';
import type { ReplicaChannel } from '../xds/replicas/replica-channel.ts';
import type { LivingPod } from '../pods/pod-life.ts';
import { controlPlaneHost, type ControlPlaneOptions } from './options.ts';

/** `<namespace>/<pod>` of a replica, as all replicas know it. */
export function replicaName({ namespace, podName }: ControlPlaneOptions): string {
  return `${namespace}/${podName}`;
}

/** Running replicas of the control plane but this one, by name, with their addresses. */
export function otherReplicas(
  pods: ReadonlyMap<string, LivingPod>,
  options: ControlPlaneOptions,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [key, { metadata, status }] of pods) {
    const { podIP, phase } = status ?? {};
    if (metadata.namespace !== options.namespace || key === replicaName(options)) continue;
    if (metadata.labels?.['app.kubernetes.io/name'] !== controlPlaneName) continue;
    if (podIP !== undefined && phase === 'Running') found.set(key, podIP);
  }
  return found;
}

/** The same, computed again only after a pod of the control plane's namespace changed: every leaf needs it. */
export function followReplicas(
  pods: ObjectStore<LivingPod>,
  options: ControlPlaneOptions,
): () => ReadonlyMap<string, string> {
  let known: ReadonlyMap<string, string> | undefined;
  pods.subscribe((changes) => {
    if (changes.some(({ key }) => key.startsWith(`${options.namespace}/`))) known = undefined;
  });
  return () => (known ??= otherReplicas(pods.objects, options));
}

/** Whether the pod of that name is being deleted. */
export function isLeaving(pods: ReadonlyMap<string, LivingPod>, name: string): boolean {
  return pods.get(name)?.life.deleting === true;
}

/** The channel to the replica at that IP; `trust` verifies its certificate. */
export function channelTo(
  ip: string,
  options: ControlPlaneOptions,
  trust: () => MeshTrust | undefined,
): ReplicaChannel {
  const host = ip.includes(':') ? `[${ip}]` : ip;
  return {
    address: `${host}:${options.ports.replicas}`,
    serverName: controlPlaneHost(options),
    serverIds: () =>
      (trust()?.domains ?? []).map(({ trustDomain }) =>
        controlPlaneId(trustDomain, options.namespace),
      ),
    trust: () => trust()?.bundle.pem ?? '',
    token: async () => new Secret((await readFile(options.tokenFile, 'utf8')).trim()),
  };
}
