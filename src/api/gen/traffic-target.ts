// Generated from crds/smi/traffictarget.yaml by tools/generate/api.ts. Do not edit.
import type { Frozen } from '../../common/freeze.ts';
import type { KubernetesObject } from '../core.ts';

/** TrafficTarget allows callers, by ServiceAccount, to reach the pods of another ServiceAccount. */
export interface TrafficTarget extends KubernetesObject {
  readonly kind: 'TrafficTarget';
  readonly spec: Frozen<TrafficTargetSpec>;
  readonly status?: Frozen<TrafficTargetStatus>;
}

/**
 * Who may call whom, and how.
 */
export interface TrafficTargetSpec {
  /**
   * The pods that may be called, by their ServiceAccount.
   */
  destination: {
    /**
     * ServiceAccount.
     */
    kind: string;
    /**
     * Name of the ServiceAccount.
     */
    name: string;
    /**
     * Namespace of the ServiceAccount; the one this object is in.
     */
    namespace?: string;
  };
  /**
   * What may be called. Route groups are alternatives; TCPRoutes say on which ports.
   *
   * @maxItems 1024
   */
  rules: {
    /**
     * What kind of route the rule leans on. UDPRoute opens nothing.
     */
    kind: 'HTTPRouteGroup' | 'TCPRoute' | 'UDPRoute';
    /**
     * Name of the route, in the namespace of this object.
     */
    name: string;
    /**
     * Names of matches of the HTTPRouteGroup; when left out, all of them.
     *
     * @maxItems 2048
     */
    matches?: string[];
  }[];
  /**
   * Who may call, by ServiceAccount.
   *
   * @maxItems 4096
   */
  sources: {
    /**
     * ServiceAccount.
     */
    kind: string;
    /**
     * Name of the ServiceAccount.
     */
    name: string;
    /**
     * Namespace of the ServiceAccount; a source without it allows nobody.
     */
    namespace?: string;
  }[];
}

/**
 * Written by Weft. How far the object is in force.
 */
export interface TrafficTargetStatus {
  /**
   * The generation of the object that this status speaks of.
   */
  observedGeneration?: number;
  /**
   * Proxies that acknowledged what was made of the object / proxies it concerns; or "invalid", "no pods" when none runs as the destination, "no sidecar" when none of those has one, "no port" when it opens none of their ports, "not in mesh" when its namespace has left the mesh.
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
