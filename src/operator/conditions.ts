import type { Condition } from '../api/core.ts';
import { type Bundle, type ProxyCounts, type Rollout } from './facts.ts';
import type { RootsNews } from './rotation/tell.ts';
import type { Refusal } from './singleton.ts';
import type { SpecProblem } from '../api/validate-mesh-config.ts';

/** Every condition type of a MeshConfig. Reconciling and Stalled are there only while they are true. */
export type ConditionType =
  | 'Ready'
  | 'ControlPlaneAvailable'
  | 'CertificatesReady'
  | 'ProxiesSynced'
  | 'Reconciling'
  | 'Stalled';

/** Every reason of theirs. docs/meshconfig-status.md explains each; a test holds it to that. */
export const reasons = [
  'Ready',
  'AnotherMeshConfig',
  'WrongNamespace',
  'InvalidSpec',
  'NotAvailable',
  'Rejected',
  'Deleting',
  'Available',
  'ControlPlaneMissing',
  'ControlPlaneNotAvailable',
  'RolloutStuck',
  'RollingOut',
  'BundlePublished',
  'WaitingForBundle',
  'BundleInvalid',
  'RootExpired',
  'WaitingForRoot',
  'IssuerFailing',
  'RootEndsSoon',
  'RootRenewsSoon',
  'Rotating',
  'RotationHeld',
  'PreflightFailed',
  'WebhooksMissing',
  'AllSynced',
  'NoReport',
  'Pending',
  'ProxiesRejected',
  'NotRuling',
] as const;
export type Reason = (typeof reasons)[number];

/** A condition as it should be; `stamp` adds when it became so. */
export interface WantedCondition {
  readonly type: ConditionType;
  readonly status: Condition['status'];
  readonly reason: Reason;
  readonly message: string;
}

/** Everything that conditions are judged by. */
export interface World {
  readonly refusal: Refusal | undefined;
  readonly problems: readonly SpecProblem[];
  /** What the API server said when it refused an object of ours. */
  readonly rejection: string | undefined;
  readonly deleting: boolean;
  readonly rollout: Rollout | undefined;
  readonly bundle: Bundle;
  readonly roots: Omit<RootsNews, 'block' | 'again'>;
  readonly proxies: ProxyCounts | undefined;
  /** Whether both webhook configurations are there. */
  readonly webhooks: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Since when proxies have been behind, by the status as it is; undefined if they are not. */
  readonly behindSince: number | undefined;
}

/** Proxies may be behind for so long, as they are after every change, before the mesh is not ready. */
export const patienceMs = 15_000;

/** Of roots there is nothing to say. */
export const noNews: World['roots'] = {
  first: undefined,
  moving: undefined,
  failing: undefined,
  ending: undefined,
  note: undefined,
};

/** The conditions of a MeshConfig in this world. Pure. */
export function judge(world: World): readonly WantedCondition[] {
  if (world.refusal !== undefined) return judgeRefused(world.refusal);
  const parts = [judgeControlPlane(world.rollout), judgeCertificates(world), judgeProxies(world)];
  const stalled = judgeStalled(world);
  const moving = stalled === undefined ? judgeReconciling(world) : undefined;
  return [judgeReady(world, parts, stalled), ...parts, stalled, moving].filter(
    (condition) => condition !== undefined,
  );
}

function judgeRefused(refusal: Refusal): readonly WantedCondition[] {
  const { reason, message } = explain(refusal);
  const unknown = (type: ConditionType): WantedCondition => ({
    type,
    status: 'Unknown',
    reason: 'NotRuling',
    message: 'This MeshConfig does not rule.',
  });
  return [
    { type: 'Ready', status: 'False', reason, message },
    unknown('ControlPlaneAvailable'),
    unknown('CertificatesReady'),
    unknown('ProxiesSynced'),
    { type: 'Stalled', status: 'True', reason, message },
  ];
}

function explain(refusal: Refusal): { readonly reason: Reason; readonly message: string } {
  if (refusal.kind === 'wrong-namespace') {
    const message = `A MeshConfig rules only in the operator's namespace; create it in ${refusal.namespace} and delete this one.`;
    return { reason: 'WrongNamespace', message };
  }
  const message = `${refusal.ruler} already rules this cluster; edit that one and delete this one.`;
  return { reason: 'AnotherMeshConfig', message };
}

function judgeControlPlane(rollout: Rollout | undefined): WantedCondition {
  const type = 'ControlPlaneAvailable';
  if (rollout === undefined) {
    const message = 'The Deployment weft-control-plane does not exist yet.';
    return { type, status: 'False', reason: 'ControlPlaneMissing', message };
  }
  const count = `${rollout.available} of ${rollout.wanted} replicas are available`;
  if (rollout.available > 0) {
    return { type, status: 'True', reason: 'Available', message: `${count}.` };
  }
  if (rollout.stuck !== undefined) {
    const message = `${count}: ${rollout.stuck}`;
    return { type, status: 'False', reason: 'RolloutStuck', message };
  }
  return { type, status: 'False', reason: 'ControlPlaneNotAvailable', message: `${count}.` };
}

function judgeCertificates({ bundle, now, roots }: World): WantedCondition {
  const missing = judgeBundle(bundle, now);
  if (missing !== undefined) return missing;
  const type = 'CertificatesReady';
  const { first, failing, ending, note } = roots;
  if (first !== undefined)
    return { type, status: 'False', reason: 'WaitingForRoot', message: first };
  if (failing !== undefined) {
    return { type, status: 'False', reason: 'IssuerFailing', message: failing.message };
  }
  const more = note === undefined ? '' : ` ${note}.`;
  if (ending !== undefined) {
    return { type, status: 'True', reason: ending.reason, message: `${ending.message}${more}` };
  }
  const message = `Certificates can be issued.${more}`;
  return { type, status: 'True', reason: 'BundlePublished', message };
}

/** What is wrong with the bundle that everybody trusts, if anything. */
function judgeBundle(bundle: Bundle, now: number): WantedCondition | undefined {
  const type = 'CertificatesReady';
  if (bundle.kind === 'absent') {
    const message = 'The control plane has not published its trust bundle yet.';
    return { type, status: 'False', reason: 'WaitingForBundle', message };
  }
  if (bundle.kind === 'invalid') {
    const message = `ConfigMap weft-ca-bundle cannot be used: ${bundle.problem}. Delete it; the control plane writes it again.`;
    return { type, status: 'False', reason: 'BundleInvalid', message };
  }
  const end = new Date(bundle.notAfter).toISOString();
  if (bundle.notAfter <= now) {
    return { type, status: 'False', reason: 'RootExpired', message: `The root ended at ${end}.` };
  }
  return undefined;
}

function judgeProxies({ proxies, rollout }: World): WantedCondition {
  const type = 'ProxiesSynced';
  if (proxies === undefined || (rollout?.available ?? 0) === 0) {
    const message = 'The control plane does not report on proxies.';
    return { type, status: 'Unknown', reason: 'NoReport', message };
  }
  const { connected, synced, rejected } = proxies;
  const count = `${synced} of ${connected} proxies have acknowledged everything`;
  if (rejected > 0) {
    const message = `${count}; ${rejected} rejected something and go on with what they had. The status of the policies says what.`;
    return { type, status: 'False', reason: 'ProxiesRejected', message };
  }
  if (synced < connected) return { type, status: 'False', reason: 'Pending', message: `${count}.` };
  return { type, status: 'True', reason: 'AllSynced', message: `${count}.` };
}

function judgeStalled({ problems, rejection, deleting }: World): WantedCondition | undefined {
  if (deleting) return undefined;
  const type = 'Stalled';
  if (problems.length > 0) {
    const invalid = problems.some(({ kind }) => kind === 'invalid');
    const list = problems.map(({ field, message }) => `${field}: ${message}`).join('. ');
    const message = `Nothing was changed. ${list}.`;
    return { type, status: 'True', reason: invalid ? 'InvalidSpec' : 'NotAvailable', message };
  }
  if (rejection === undefined) return undefined;
  return { type, status: 'True', reason: 'Rejected', message: rejection };
}

function judgeReconciling(world: World): WantedCondition | undefined {
  const is = (reason: Reason, message: string): WantedCondition => ({
    type: 'Reconciling',
    status: 'True',
    reason,
    message,
  });
  const { rollout, bundle, webhooks } = world;
  if (world.deleting) return is('Deleting', 'What the operator made is being removed.');
  if (rollout === undefined) return is('ControlPlaneMissing', 'The control plane is being made.');
  if (!rollout.settled) {
    const message = `The Deployment is rolling out: ${rollout.available} of ${rollout.wanted} replicas are available.`;
    return is('RollingOut', message);
  }
  if (bundle.kind !== 'valid') {
    return is('WaitingForBundle', 'Waiting for the trust bundle of the control plane.');
  }
  if (!webhooks) return is('WebhooksMissing', 'The webhooks are being made.');
  const { first, moving } = world.roots;
  if (first !== undefined) return is('WaitingForRoot', first);
  return moving && is(moving.reason, moving.message);
}

function judgeReady(
  world: World,
  parts: readonly WantedCondition[],
  stalled: WantedCondition | undefined,
): WantedCondition {
  const no = ({
    reason,
    message,
  }: Pick<WantedCondition, 'reason' | 'message'>): WantedCondition => ({
    type: 'Ready',
    status: 'False',
    reason,
    message,
  });
  if (world.deleting) return no({ reason: 'Deleting', message: 'The mesh is being removed.' });
  if (stalled !== undefined) return no(stalled);
  const failing = parts.find((part) => part.status === 'False' && isGrave(part, world));
  if (failing !== undefined) return no(failing);
  if (!world.webhooks) {
    return no({ reason: 'WebhooksMissing', message: 'The webhooks are being made.' });
  }
  const message = 'The mesh is up.';
  return { type: 'Ready', status: 'True', reason: 'Ready', message };
}

/** Proxies may be behind for a while, and certificates last while they cannot be renewed. */
function isGrave({ type, reason }: WantedCondition, world: World): boolean {
  if (type === 'ProxiesSynced') return isTooLong(world);
  return reason !== 'IssuerFailing' || world.roots.failing?.urgent === true;
}

function isTooLong({ proxies, behindSince, now }: World): boolean {
  if ((proxies?.rejected ?? 0) > 0) return true;
  return behindSince !== undefined && now - behindSince >= patienceMs;
}
