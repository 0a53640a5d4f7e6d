// Input: the MeshConfig's conditions, the heartbeats, and the time. Output: what the conditions say is wrong.
// Rule: a condition is as old as the operator's last look; an old one is believed only if it is bad news.
import type { Condition } from '../api/core.ts';
import type { CertificateFacts, HeartbeatFact } from './certificate-facts.ts';
import { controlPlaneAway, operatorAway, operatorAwaySince, pulseOf } from './heartbeats.ts';
import type { Problem } from './problem.ts';

/** Pure. `now` is in milliseconds since the epoch. */
export function conditionProblems(
  { meshConfig, heartbeat }: Pick<CertificateFacts, 'meshConfig' | 'heartbeat'>,
  now: number,
): readonly Problem[] {
  const { metadata, status } = meshConfig;
  const namespace = metadata.namespace ?? '';
  const conditions: readonly Condition[] = status?.conditions ?? [];
  if (conditions.length === 0) return [noStatus(namespace)];
  const of = (type: string): Condition | undefined =>
    conditions.find((condition) => condition.type === type);
  const since = operatorAwaySince(meshConfig, now);
  const isOld = since !== undefined;
  // Without an operator, nothing progresses.
  const isMoving = !isOld && of('Reconciling')?.status === 'True';
  const remedy = `See its pods and their log: kubectl get pods -n ${namespace}`;
  const absence = absenceOf(of('ControlPlaneAvailable'), heartbeat, { now, isMoving, isOld });
  return [
    ...(isOld ? [operatorAway(meshConfig, since)] : []),
    ...stalled(of('Stalled')),
    ...missing(of('CertificatesReady'), isMoving, 'certificates-not-ready'),
    ...absence.map((problem) => ({ ...problem, remedy })),
    ...(isMoving ? reconciling(of('Reconciling')) : []),
  ];
}

function noStatus(namespace: string): Problem {
  return {
    severity: 'unknown',
    code: 'no-status',
    message: 'The operator has not reported on this MeshConfig yet.',
    remedy: `If this lasts for more than a minute, check that the operator runs: kubectl get pods -n ${namespace}`,
  };
}

function stalled(condition: Condition | undefined): readonly Problem[] {
  if (condition?.status !== 'True') return [];
  const remedy = 'The mesh stays as it was; edit the MeshConfig as the message says.';
  return [{ severity: 'held', code: 'stalled', message: said(condition), remedy }];
}

/** A part that is not there: still on its way while the operator works on it, broken otherwise. */
function missing(
  condition: Condition | undefined,
  isMoving: boolean,
  code: Problem['code'],
): readonly Problem[] {
  if (condition === undefined || condition.status === 'True') return [];
  const isUnknown = isMoving || condition.status === 'Unknown';
  return [{ severity: isUnknown ? 'unknown' : 'failing', code, message: said(condition) }];
}

interface Moment {
  readonly now: number;
  readonly isMoving: boolean;
  /** The operator that wrote the condition is not at work any more. */
  readonly isOld: boolean;
}

/** Whether there is a control plane: by the condition while that is new, by the heartbeat when it is old. */
function absenceOf(
  condition: Condition | undefined,
  heartbeat: HeartbeatFact,
  { now, isMoving, isOld }: Moment,
): readonly Problem[] {
  const pulse = pulseOf(heartbeat, now);
  if (isOld && pulse === 'beating') return [];
  if (isOld && pulse === 'silent') return [controlPlaneAway(heartbeat, 'failing')];
  const told = missing(condition, isMoving, 'control-plane-away');
  if (told.length > 0) return told;
  // The operator last saw available replicas, but their state now is not known.
  return isOld || pulse === 'silent' ? [controlPlaneAway(heartbeat, 'unknown')] : [];
}

function reconciling(condition: Condition | undefined): readonly Problem[] {
  if (condition?.status !== 'True') return [];
  return [{ severity: 'warning', code: 'reconciling', message: said(condition) }];
}

function said({ reason, message }: Condition): string {
  return `${reason}: ${message}`;
}
