import {
  type ConditionType,
  logsOf,
  type Reason,
  type JudgedCondition,
  type World,
} from './condition-words.ts';
import { judgeCertificates } from './judge-certificates.ts';
import { judgeControlPlane, replicasOf } from './judge-control-plane.ts';
import { gapsIn, judgePods, judgeServices } from './judge-mesh.ts';
import { judgeProxies } from './judge-proxies.ts';
import { reportIn } from './report-in.ts';
import type { MeshConfigRefusal } from './singleton.ts';

/** No certificate condition to report. */
export const noNews: World['roots'] = {
  first: undefined,
  moving: undefined,
  failing: undefined,
  secrets: undefined,
  ending: undefined,
  note: undefined,
};

/** The conditions of a MeshConfig in this world (docs/decisions/0033). Pure. */
export function judge(world: World): readonly JudgedCondition[] {
  if (world.refusal !== undefined) return judgeRefused(world.refusal);
  const parts = [
    judgeControlPlane(world),
    judgeCertificates(world),
    judgeProxies(world),
    judgePods(world),
    judgeServices(world),
  ];
  const stalled = judgeStalled(world);
  const moving = stalled === undefined ? judgeReconciling(world) : undefined;
  return [judgeReady(world, parts, stalled), ...parts, stalled, moving].filter(
    (condition) => condition !== undefined,
  );
}

function judgeRefused(refusal: MeshConfigRefusal): readonly JudgedCondition[] {
  const { reason, message } = explain(refusal);
  const unknown = (type: ConditionType): JudgedCondition => ({
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
    unknown('PodsInMesh'),
    unknown('ServicesServed'),
    { type: 'Stalled', status: 'True', reason, message },
  ];
}

function explain(refusal: MeshConfigRefusal): {
  readonly reason: Reason;
  readonly message: string;
} {
  if (refusal.kind === 'wrong-namespace') {
    const message = `A MeshConfig rules only in the operator's namespace; create it in ${refusal.namespace} and delete this one.`;
    return { reason: 'WrongNamespace', message };
  }
  const message = `${refusal.ruler} already rules this cluster; edit that one and delete this one.`;
  return { reason: 'AnotherMeshConfig', message };
}

function judgeStalled({ problems, rejection, deleting }: World): JudgedCondition | undefined {
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

function judgeReconciling(world: World): JudgedCondition | undefined {
  const is = (reason: Reason, message: string): JudgedCondition => ({
    type: 'Reconciling',
    status: 'True',
    reason,
    message,
  });
  const { rollout, bundle, webhooks } = world;
  if (world.deleting) return is('Deleting', 'What the operator made is being removed.');
  if (rollout === undefined) return is('ControlPlaneMissing', 'The control plane is being made.');
  if (!rollout.settled) {
    const message = `The Deployment is rolling out: ${replicasOf(rollout)}.`;
    return is('RollingOut', message);
  }
  if (bundle.kind !== 'valid') {
    return is('WaitingForBundle', 'Waiting for the trust bundle of the control plane.');
  }
  if (!webhooks) return is('WebhooksMissing', 'The webhooks are being made.');
  const { first, moving } = world.roots;
  if (first !== undefined) return is('WaitingForRoot', first);
  if (world.proxies === undefined) {
    return is('WaitingForReport', 'Waiting for the first report of the control plane.');
  }
  return moving && is(moving.reason, moving.message);
}

function judgeReady(
  world: World,
  parts: readonly JudgedCondition[],
  stalled: JudgedCondition | undefined,
): JudgedCondition {
  const no = ({
    reason,
    message,
  }: Pick<JudgedCondition, 'reason' | 'message'>): JudgedCondition => ({
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
  if (reportIn(world) === undefined) {
    const message = `How the pods of the mesh fare is not known: the control plane does not report. Next: ${logsOf(world.namespace)}.`;
    return { type: 'Ready', status: 'Unknown', reason: 'NoReport', message };
  }
  const gaps = [...gapsIn(parts), ...gapOfSwitch(world)];
  const message = gaps.length === 0 ? 'The mesh is up.' : `The mesh serves. ${gaps.join(' ')}`;
  return { type: 'Ready', status: 'True', reason: 'Ready', message };
}

/** A switch of roots that progresses is no gap. A switch that failed or is held waits for a user. */
function gapOfSwitch({ roots: { moving } }: World): readonly string[] {
  return moving === undefined || moving.reason === 'Rotating' ? [] : [moving.message];
}

/** Reasons that affect nothing in use, so they do not make Ready false. */
const passedOver: readonly Reason[] = [
  'PodsWithoutSidecar',
  'PodsLeftOut',
  'CaSecretUnusable',
  'GatewaySecretNotKept',
];

/** Proxies may be behind for a while, certificates last while they cannot be renewed, and pods that
 * stay outside keep no other from the mesh (docs/decisions/0106). */
function isGrave({ type, reason }: JudgedCondition, world: World): boolean {
  if (type === 'ProxiesSynced') return isTooLong(world);
  if (type === 'ServicesServed' || passedOver.includes(reason)) return false;
  return reason !== 'IssuerFailing' || world.roots.failing?.urgent === true;
}

/** Whether a proxy rejected something or is late. Each proxy is behind for a moment after every change. */
function isTooLong({ proxies }: World): boolean {
  return (proxies?.rejected ?? 0) > 0 || (proxies?.late ?? 0) > 0;
}
