// Generated from crds/smi/trafficsplit.yaml by tools/generate/api.ts. Do not edit.
import type { Frozen } from '../../common/freeze.ts';
import type { KubernetesObject } from '../core.ts';

/** TrafficSplit shares the calls of one service between others. */
export interface TrafficSplit extends KubernetesObject {
  readonly kind: 'TrafficSplit';
  readonly spec: Frozen<TrafficSplitSpec>;
  readonly status?: Frozen<TrafficSplitStatus>;
}

/**
 * Which service is split, and how.
 */
export interface TrafficSplitSpec {
  /**
   * The service that clients call, in the namespace of this object.
   */
  service: string;
  /**
   * The services that share the calls, in proportion to their weights.
   *
   * @maxItems 1024
   */
  backends: {
    /**
     * A service in the namespace of this object that has the same port; it may be made later.
     */
    service: string;
    /**
     * A share, relative to the sum of all weights; 0 gets nothing.
     */
    weight: number;
  }[];
  /**
   * Only requests that match are split. Not supported yet, an object with it is left out.
   *
   * @maxItems 1024
   */
  matches?: {
    kind: 'HTTPRouteGroup';
    name: string;
  }[];
}

/**
 * Written by Weft. How far the object is in force.
 */
export interface TrafficSplitStatus {
  /**
   * The generation of the object that this status speaks of.
   */
  observedGeneration?: number;
  /**
   * Proxies that acknowledged what was made of the object / proxies it concerns; or "invalid", or "not in mesh" when its namespace has left the mesh.
   */
  inForce?: string;
  /**
   * Proxies that acknowledged everything made of this generation.
   */
  acknowledged?: number;
  /**
   * Proxies that the object concerns.
   */
  total?: number;
  /**
   * Proxies that refused something made of the object.
   */
  rejected?: number;
  /**
   * Accepted tells whether the object is well formed and leads anywhere; Programmed whether every proxy concerned acknowledged it.
   */
  conditions?: {
    type: string;
    status: 'True' | 'False' | 'Unknown';
    reason: string;
    message: string;
    observedGeneration?: number;
    lastTransitionTime: string;
  }[];
}
