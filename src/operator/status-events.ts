// Input: the old and the new status of a MeshConfig. Output: the events about the change. Pure.
import type { Condition } from '../api/core.ts';
import type { MeshConfig, MeshConfigStatus } from '../api/gen/mesh-config.ts';
import type { Frozen } from '../common/freeze.ts';
import type { ConditionType, Reason } from './condition-words.ts';
import { rotationEvents } from '../rotation/rotation-status.ts';

type Status = Frozen<MeshConfigStatus>;

/** An event to record when the status becomes this one. */
export interface EventToRecord {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
}

/** Events for a mesh that became ready, stalled, or stopped being ready, with the reason; and events about roots. */
export function eventsFor(meshConfig: MeshConfig, status: Status): readonly EventToRecord[] {
  const before = meshConfig.status;
  return [
    ...readyEvents(before, status),
    ...rotationEvents(before?.certificate, status.certificate),
    ...eventRules.flatMap(({ type, on, reasons }) => {
      const [was, is] = [conditionIn(before, on), conditionIn(status, on)];
      if (is === undefined || is.reason === was?.reason || !reasons.includes(is.reason as Reason))
        return [];
      return [{ type, reason: is.reason, note: is.message }];
    }),
  ];
}

/** Condition reasons that cause an event when they come up. */
const eventRules: readonly (Pick<EventToRecord, 'type'> & {
  readonly on: ConditionType;
  readonly reasons: readonly Reason[];
})[] = [
  { type: 'Warning', on: 'Reconciling', reasons: ['RotationHeld', 'PreflightFailed'] },
  { type: 'Warning', on: 'CertificatesReady', reasons: ['IssuerFailing', 'RootEndsSoon'] },
  {
    type: 'Warning',
    on: 'CertificatesReady',
    reasons: ['ServerCertificateBad', 'CertificateRefused'],
  },
  {
    type: 'Warning',
    on: 'CertificatesReady',
    reasons: ['CaSecretUnusable', 'GatewaySecretNotKept'],
  },
  { type: 'Normal', on: 'CertificatesReady', reasons: ['RootRenewsSoon'] },
  { type: 'Warning', on: 'ProxiesSynced', reasons: ['ReplicaUnreachable'] },
  {
    type: 'Warning',
    on: 'PodsInMesh',
    reasons: ['PodsWithoutSidecar', 'PodsLeftOut', 'SidecarsRestarted'],
  },
  { type: 'Warning', on: 'ServicesServed', reasons: ['ServicesNotServed', 'NamespacesLeftOut'] },
];

function readyEvents(
  meshConfigStatus: Status | undefined,
  status: Status,
): readonly EventToRecord[] {
  const before = conditionIn(meshConfigStatus, 'Ready');
  const ready = conditionIn(status, 'Ready');
  if (ready === undefined || ready.reason === before?.reason) return [];
  const isTrouble = conditionIn(status, 'Stalled') !== undefined || before?.status === 'True';
  if (ready.status !== 'True' && (!isTrouble || ready.reason === 'Deleting')) return [];
  const type = ready.status === 'True' ? 'Normal' : 'Warning';
  return [{ type, reason: ready.reason, note: ready.message }];
}

function conditionIn(status: Status | undefined, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}
