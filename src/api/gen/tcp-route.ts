// Generated from crds/smi/tcproute.yaml by tools/generate/api.ts. Do not edit.
import type { Frozen } from '../../common/freeze.ts';
import type { KubernetesObject } from '../core.ts';

/** TCPRoute describes TCP connections by port. */
export interface TCPRoute extends KubernetesObject {
  readonly kind: 'TCPRoute';
  readonly spec: Frozen<TCPRouteSpec>;
  readonly status?: Frozen<TCPRouteStatus>;
}

/**
 * The connections that the route describes.
 */
export interface TCPRouteSpec {
  /**
   * The connections that the route matches; any when left out.
   */
  matches?: {
    /**
     * Ports at the destination pod; all ports when empty or left out.
     *
     * @maxItems 4096
     */
    ports?: number[];
  };
}

/**
 * Written by Weft. Which proxies have the object in force.
 */
export interface TCPRouteStatus {
  /**
   * The generation of the object that this status describes.
   */
  observedGeneration?: number;
  /**
   * Proxies that acknowledged the object / proxies that it concerns; or "invalid", or "not in mesh" when its namespace has left the mesh.
   */
  inForce?: string;
  /**
   * The ports as Weft reads them, or "all".
   */
  ports?: string;
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
