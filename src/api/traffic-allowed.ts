import type { Frozen } from '../common/freeze.ts';
import type { MeshConfigSpec } from './gen/mesh-config.ts';

/** Destinations that workloads of the mesh may call without a policy. */
export interface TrafficAllowed {
  /** Whether every workload of the mesh may call every other workload. */
  readonly permissive: boolean;
  /** Whether workloads may call destinations outside the mesh. */
  readonly egress: boolean;
}

/**
 * What spec.traffic allows. Fields that are absent count as the CRD's defaults. The control plane enforces this and the
 * operator shows it in the status, so that both always agree. Pure.
 */
export function trafficAllowed(traffic: Frozen<MeshConfigSpec>['traffic']): TrafficAllowed {
  return {
    permissive: traffic?.enablePermissiveTrafficPolicyMode ?? true,
    egress: traffic?.enableEgress ?? true,
  };
}
