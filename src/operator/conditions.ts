import {
  type ConditionType,
  logsOf,
  type Reason,
  type JudgedCondition,
  type StatusInputs,
} from './condition-words.ts';
import { certificatesCondition } from './certificates-condition.ts';
import { controlPlaneCondition, replicasOf } from './control-plane-condition.ts';
import { gapsIn, podsCondition, servicesCondition } from './pods-conditions.ts';
import { proxiesCondition } from './proxies-condition.ts';
import { reportIn } from './report-in.ts';
import type { MeshConfigRefusal } from './active-mesh-config.ts';

/** No certificate condition to report. */
export const noRotation: StatusInputs['rotation'] = {
  first: undefined,
  moving: undefined,
  failing: undefined,
  secrets: undefined,
  ending: undefined,
  note: undefined,
};

/** The conditions of a MeshConfig, from these inputs (docs/decisions/0033). Pure. */
export function conditionsFor(inputs: StatusInputs): readonly JudgedCondition[] {
  if (inputs.refusal !== undefined) return refusedConditions(inputs.refusal);
  const parts = [
    controlPlaneCondition(inputs),
    certificatesCondition(inputs),
    proxiesCondition(inputs),
    podsCondition(inputs),
    servicesCondition(inputs),
  ];
  const stalled = stalledCondition(inputs);
  const moving = stalled === undefined ? reconcilingCondition(inputs) : undefined;
  return [readyCondition(inputs, parts, stalled), ...parts, stalled, moving].filter(
    (condition) => condition !== undefined,
  );
}

function refusedConditions(refusal: MeshConfigRefusal): readonly JudgedCondition[] {
  const { reason, message } = explain(refusal);
  const unknown = (type: ConditionType): JudgedCondition => ({
    type,
    status: 'Unknown',
    reason: 'NotActive',
    message: 'This MeshConfig is not active.',
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
    const message = `Weft follows a MeshConfig only in the operator's namespace; create it in ${refusal.namespace} and delete this one.`;
    return { reason: 'WrongNamespace', message };
  }
  const message = `${refusal.active} is the active MeshConfig of this cluster; edit that one and delete this one.`;
  return { reason: 'AnotherMeshConfig', message };
}

function stalledCondition({
  problems,
  rejection,
  deleting,
}: StatusInputs): JudgedCondition | undefined {
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

function reconcilingCondition(inputs: StatusInputs): JudgedCondition | undefined {
  const is = (reason: Reason, message: string): JudgedCondition => ({
    type: 'Reconciling',
    status: 'True',
    reason,
    message,
  });
  const { rollout, bundle, webhooks } = inputs;
  if (inputs.deleting)
    return is('Deleting', 'The operator is removing the objects that it created.');
  if (rollout === undefined)
    return is('ControlPlaneMissing', 'The operator is creating the control plane.');
  if (!rollout.settled) {
    const message = `The Deployment is rolling out: ${replicasOf(rollout)}.`;
    return is('RollingOut', message);
  }
  if (bundle.kind !== 'valid') {
    return is('WaitingForBundle', 'Waiting for the trust bundle of the control plane.');
  }
  if (!webhooks) return is('WebhooksMissing', 'The operator is creating the webhooks.');
  const { first, moving } = inputs.rotation;
  if (first !== undefined) return is('WaitingForRoot', first);
  if (inputs.proxies === undefined) {
    return is('WaitingForReport', 'Waiting for the first report of the control plane.');
  }
  return moving && is(moving.reason, moving.message);
}

function readyCondition(
  inputs: StatusInputs,
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
  if (inputs.deleting)
    return no({ reason: 'Deleting', message: 'The operator is removing the mesh.' });
  if (stalled !== undefined) return no(stalled);
  const failing = parts.find((part) => part.status === 'False' && isGrave(part, inputs));
  if (failing !== undefined) return no(failing);
  if (!inputs.webhooks) {
    return no({ reason: 'WebhooksMissing', message: 'The operator is creating the webhooks.' });
  }
  if (reportIn(inputs) === undefined) {
    const message = `The state of the pods is not known: the control plane does not report. Next: ${logsOf(inputs.namespace)}.`;
    return { type: 'Ready', status: 'Unknown', reason: 'NoReport', message };
  }
  const gaps = [...gapsIn(parts), ...gapOfSwitch(inputs)];
  const message = gaps.length === 0 ? 'The mesh is up.' : `The mesh serves. ${gaps.join(' ')}`;
  return { type: 'Ready', status: 'True', reason: 'Ready', message };
}

/** A switch of roots that progresses is no gap. A switch that failed or is held waits for a user. */
function gapOfSwitch({ rotation: { moving } }: StatusInputs): readonly string[] {
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
function isGrave({ type, reason }: JudgedCondition, inputs: StatusInputs): boolean {
  if (type === 'ProxiesSynced') return isTooLong(inputs);
  if (type === 'ServicesServed' || passedOver.includes(reason)) return false;
  return reason !== 'IssuerFailing' || inputs.rotation.failing?.urgent === true;
}

/** Whether a proxy rejected something or is late. Each proxy is behind for a moment after every change. */
function isTooLong({ proxies }: StatusInputs): boolean {
  return (proxies?.rejected ?? 0) > 0 || (proxies?.late ?? 0) > 0;
}
