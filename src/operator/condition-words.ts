import type { Condition } from '../api/core.ts';
import type { MeshReport } from '../api/mesh-report.ts';
import type { SpecProblem } from '../api/validate-mesh-config.ts';
import type { Bundle, Rollout } from './facts.ts';
import type { RotationStatus } from '../rotation/rotation-status.ts';
import type { MeshConfigRefusal } from './active-mesh-config.ts';

/** Every condition type of a MeshConfig. Reconciling and Stalled are there only while they are true. */
export type ConditionType =
  | 'Ready'
  | 'ControlPlaneAvailable'
  | 'CertificatesReady'
  | 'ProxiesSynced'
  | 'PodsInMesh'
  | 'ServicesServed'
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
  'ReplicasMissing',
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
  'CaSecretUnusable',
  'GatewaySecretNotKept',
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
  'ReplicaUnreachable',
  'ServerCertificateBad',
  'CertificateRefused',
  'SidecarsCrashing',
  'SidecarsStuck',
  'SidecarsLost',
  'PodsWithoutSidecar',
  'PodsLeftOut',
  'SidecarsRestarted',
  'SidecarsDisconnected',
  'PodsStarting',
  'AllInMesh',
  'ServicesNotServed',
  'NamespacesLeftOut',
  'AllServed',
  'WaitingForReport',
  'NotActive',
] as const;
export type Reason = (typeof reasons)[number];

/** A condition without its times; `stamp` adds the time of the last transition. */
export interface JudgedCondition {
  readonly type: ConditionType;
  readonly status: Condition['status'];
  readonly reason: Reason;
  readonly message: string;
}

/** The input of the conditions. */
export interface StatusInputs {
  readonly refusal: MeshConfigRefusal | undefined;
  readonly problems: readonly SpecProblem[];
  /** The API server's error for an object of ours that it refused. */
  readonly rejection: string | undefined;
  readonly deleting: boolean;
  readonly rollout: Rollout | undefined;
  readonly bundle: Bundle;
  readonly rotation: Omit<RotationStatus, 'block' | 'recheckMs'>;
  /** The control plane's last report on pods and proxies. */
  readonly proxies: MeshReport | undefined;
  /** When the last report was, as RFC 3339, if the control plane has been silent for too long since. */
  readonly silentSince: string | undefined;
  /** Where the control plane is. */
  readonly namespace: string;
  /** Whether both webhook configurations are there. */
  readonly webhooks: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The command that shows the log of the control plane. */
export function logsOf(namespace: string): string {
  return `kubectl logs -n ${namespace} deployment/weft-control-plane`;
}
