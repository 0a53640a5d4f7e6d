// Generated from crds/smi/httproutegroup.yaml by tools/generate/api.ts. Do not edit.
import type { Frozen } from '../../common/freeze.ts';
import type { KubernetesObject } from '../core.ts';

/** HTTPRouteGroup describes HTTP requests by path, method and headers. */
export interface HTTPRouteGroup extends KubernetesObject {
  readonly kind: 'HTTPRouteGroup';
  readonly spec: Frozen<HTTPRouteGroupSpec>;
  readonly status?: Frozen<HTTPRouteGroupStatus>;
}

/**
 * The requests that the group describes.
 */
export interface HTTPRouteGroupSpec {
  /**
   * Alternatives. Within one match, path, method and headers must all match.
   *
   * @maxItems 2048
   */
  matches: {
    /**
     * Name by which a TrafficTarget picks this match.
     */
    name: string;
    /**
     * RE2 expression over the path without its query, anchored as MeshConfig's spec.traffic.httpPathMatch says; any path when left out.
     */
    pathRegex?: string;
    /**
     * HTTP methods; any when left out or when "*" is among them.
     *
     * @maxItems 32
     */
    methods?: (
      '*' | 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | 'CONNECT' | 'OPTIONS' | 'TRACE' | 'PATCH'
    )[];
    /**
     * Headers that must all match. A map, or a list of maps, from name to an RE2 expression over the whole value.
     */
    headers?: unknown;
  }[];
}

/**
 * Written by Weft. Which proxies have the object in force.
 */
export interface HTTPRouteGroupStatus {
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
