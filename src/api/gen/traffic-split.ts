// Generated from crds/smi/trafficsplit.yaml by tools/generate/api.ts. Do not edit.
import type { Frozen } from '../../common/freeze.ts';
import type { KubernetesObject } from '../core.ts';

/** TrafficSplit splits the calls of one service among other services. */
export interface TrafficSplit extends KubernetesObject {
  readonly kind: 'TrafficSplit';
  readonly spec: Frozen<TrafficSplitSpec>;
  readonly status?: Frozen<TrafficSplitStatus>;
}

/**
 * The service to split, and its backends.
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
     * A service in the namespace of this object that has the same port; you may create it later.
     */
    service: string;
    /**
     * A share, relative to the sum of all weights; 0 gets nothing.
     */
    weight: number;
  }[];
  /**
   * Only requests that match are split. Not supported yet; Weft ignores an object that has it.
   *
   * @maxItems 1024
   */
  matches?: {
    kind: 'HTTPRouteGroup';
    name: string;
  }[];
}

/**
 * Written by Weft. Which proxies have the object in force.
 */
export interface TrafficSplitStatus {
  /**
   * The generation of the object that this status describes.
   */
  observedGeneration?: number;
  /**
   * Proxies that acknowledged the object / proxies that it concerns; or "invalid", or "not in mesh" when its namespace has left the mesh.
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
   * Accepted says whether the object is well formed and its references resolve; Programmed says whether every proxy that it concerns acknowledged it.
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
