import type { KubernetesObject } from '../api/core.ts';
import { microTime } from './micro-time.ts';

/** coordination.k8s.io/v1 Lease, the fields that leader election uses. */
export interface Lease extends KubernetesObject {
  readonly kind: 'Lease';
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

export interface Claim {
  readonly identity: string;
  readonly leaseMs: number;
  /** Wall clock, for people to read: no decision rests on it. */
  readonly now: number;
}

/** True when the lease has no holder: it was released, or never taken. */
export function isFree(lease: Lease): boolean {
  return (lease.spec?.holderIdentity ?? '') === '';
}

export function isHeldBy(lease: Lease, identity: string): boolean {
  return lease.spec?.holderIdentity === identity;
}

/** How long the holder may be silent before others may take over, in milliseconds. */
export function patienceMs(lease: Lease, otherwise: number): number {
  const seconds = lease.spec?.leaseDurationSeconds;
  return seconds === undefined ? otherwise : seconds * 1000;
}

/** The spec by which `claim.identity` takes over the lease as it was. */
export function takenSpec(lease: Lease | undefined, claim: Claim): Lease['spec'] {
  const now = microTime(claim.now);
  const transitions = lease?.spec?.leaseTransitions ?? 0;
  const again = lease !== undefined && isHeldBy(lease, claim.identity);
  return {
    holderIdentity: claim.identity,
    leaseDurationSeconds: Math.max(1, Math.ceil(claim.leaseMs / 1000)),
    acquireTime: now,
    renewTime: now,
    leaseTransitions: lease === undefined || again ? transitions : transitions + 1,
  };
}
