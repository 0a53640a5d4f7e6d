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
 * The callers, the destination and the rules.
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
     * Namespace of the ServiceAccount; it must be the namespace of this object.
     */
    namespace?: string;
  };
  /**
   * The routes that callers may use. HTTPRouteGroups are alternatives; TCPRoutes limit the ports.
   *
   * @maxItems 1024
   */
  rules: {
    /**
     * The kind of the route. UDPRoute opens nothing.
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
   * The callers, by ServiceAccount.
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
     * Namespace of the ServiceAccount; a source without it allows no traffic.
     */
    namespace?: string;
  }[];
}

/**
 * Written by Weft. Which proxies have the object in force.
 */
export interface TrafficTargetStatus {
  /**
   * The generation of the object that this status describes.
   */
  observedGeneration?: number;
  /**
   * Proxies that acknowledged the object / proxies that it concerns; or "invalid", "no pods" when no pod runs as the destination, "no sidecar" when no such pod has a sidecar, "no port" when the object opens none of their ports, "not in mesh" when its namespace has left the mesh.
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
