// Input: the MeshConfig's conditions, the heartbeats, and the time. Output: the problems that the conditions report.
// Rule: a condition is as old as the operator's last check; an old condition counts only if it reports a problem.
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
    ...findMissing(of('CertificatesReady'), isMoving, 'certificates-not-ready'),
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
  return [{ severity: 'held', code: 'stalled', message: describeCondition(condition), remedy }];
}

/** The problem of a missing part: `unknown` while the operator still creates it, `failing` otherwise. */
function findMissing(
  condition: Condition | undefined,
  isMoving: boolean,
  code: Problem['code'],
): readonly Problem[] {
  if (condition === undefined || condition.status === 'True') return [];
  const isUnknown = isMoving || condition.status === 'Unknown';
  return [
    { severity: isUnknown ? 'unknown' : 'failing', code, message: describeCondition(condition) },
  ];
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
  const missing = findMissing(condition, isMoving, 'control-plane-away');
  if (missing.length > 0) return missing;
  // The operator last saw available replicas, but their state now is not known.
  return isOld || pulse === 'silent' ? [controlPlaneAway(heartbeat, 'unknown')] : [];
}

function reconciling(condition: Condition | undefined): readonly Problem[] {
  if (condition?.status !== 'True') return [];
  return [{ severity: 'warning', code: 'reconciling', message: describeCondition(condition) }];
}

function describeCondition({ reason, message }: Condition): string {
  return `${reason}: ${message}`;
}
