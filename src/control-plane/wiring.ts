import { movesStanding } from '../pods/switch-standing.ts';
import type { KubernetesObject, Pod } from '../api/core.ts';
import { type ClusterKind, clusterKinds } from '../cluster/cluster-kinds.ts';
import type { Change } from '../kubernetes/store.ts';
import type { IdentityKey } from '../policy/identity.ts';
import { touchesOwnService } from './own-service.ts';
import type { Parts } from './parts.ts';
import { clusterChange } from './sources.ts';

function hasEnded(change: Change<KubernetesObject>): boolean {
  const phase = (change.after as Pod | undefined)?.status?.phase;
  return change.after === undefined || phase === 'Succeeded' || phase === 'Failed';
}

/** Closes the streams of pods that are deleted or finished. */
function dropEndedPods(parts: Parts, changes: readonly Change<KubernetesObject>[]): void {
  for (const change of changes) {
    const uid = change.before?.metadata.uid;
    if (uid !== undefined && hasEnded(change)) parts.xds.disconnect(uid);
  }
}

function wireCluster(parts: Parts, mayCompile: () => boolean): (() => void)[] {
  const { sources, pipeline, settle } = parts;
  const stops = (Object.keys(clusterKinds) as ClusterKind[]).map((kind) =>
    sources.cluster[kind].subscribe((changes) => {
      pipeline.gather(changes.map((change) => clusterChange(kind, change)));
      if (mayCompile()) settle.trigger();
      if (kind === 'Pod') {
        dropEndedPods(parts, changes);
        if (changes.some(movesStanding)) parts.xds.touch();
      }
      if (kind === 'Namespace' || (kind === 'Service' && touchesOwnService(changes)))
        parts.bootstraps.trigger();
    }),
  );
  return [...stops, sources.bootstraps.subscribe(() => parts.bootstraps.trigger())];
}

/** Follows the plan as soon as the MeshConfig or a root's record says something new. */
export function followPlan({ plan, issuing }: Parts): void {
  if (plan.update() && plan.current !== undefined) issuing.follow(plan.current);
}

function wireSettings(parts: Parts, mayCompile: () => boolean): (() => void)[] {
  const { pipeline, settle, sources, issuing } = parts;
  const recompile = (): void => {
    if (mayCompile()) settle.trigger();
  };
  const onSecrets = (): void => {
    pipeline.renewSecrets();
    recompile();
  };
  followPlan(parts);
  return [
    sources.meshConfigs.subscribe(() => {
      followPlan(parts);
      issuing.leaves.review();
      parts.gateway.trigger();
      parts.xds.touch();
      parts.certificates.trigger();
      recompile();
    }),
    sources.rootRecords.subscribe(() => followPlan(parts)),
    issuing.leaves.onChange(onSecrets),
    issuing.issuers.workloads.onChange(() => {
      onSecrets();
      onTrust(parts);
    }),
    issuing.server.onChange(() => onTrust(parts)),
  ];
}

/** Triggers the parts that depend on the roots or on the server's certificate. */
function onTrust(parts: Parts): void {
  const { trust, bootstraps, certificates, prober, gateway, issuing, xds } = parts;
  for (const one of [trust, bootstraps, certificates, prober, gateway]) one.trigger();
  const [plan, step] = [issuing.issuers.plan, issuing.serverStep()];
  if (plan !== undefined && step !== undefined) xds.servesRoot(plan.serverSigner.name, step);
}

/** Forgets the leaves of identities that have no workload any more. */
export function forgetIdleLeaves(parts: Parts): void {
  const workloads = parts.pipeline.compiled?.model.workloads.values() ?? [];
  const accounts = new Set<IdentityKey>();
  for (const { account } of workloads) accounts.add(account);
  parts.issuing.retain(accounts);
}

/**
 * Subscribes each part to the events that trigger it. Returns a function that unsubscribes all of them. No compile is
 * scheduled until `mayCompile()` is true.
 */
export function wire(parts: Parts, mayCompile: () => boolean): () => void {
  const { xds, peers, ledger, statuses, proxies, certificates } = parts;
  const onEvidence = (): void => {
    peers.closeOutdated();
    for (const one of [statuses, proxies, certificates]) one.trigger();
  };
  const onPods = (): void => {
    for (const one of [statuses, proxies]) one.trigger();
  };
  const stops = [
    ...wireCluster(parts, mayCompile),
    ...wireSettings(parts, mayCompile),
    xds.onEvidence(onEvidence),
    peers.onChange(onEvidence),
    ledger.follow(onPods),
  ];
  return () => stops.forEach((stop) => stop());
}
