import type { Origin } from '../../policy/origin.ts';
import type { Grants } from './grants.ts';

/** The xDS types Weft serves, by the short word used in code, logs and metrics. */
export const typeUrls = {
  cluster: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  endpoint: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  secret: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
  listener: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  extension: 'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig',
  route: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
} as const;

export type ResourceType = keyof typeof typeUrls;

/** One named Envoy resource, encoded once and shared by all proxies that may know it. */
export interface Resource {
  readonly type: ResourceType;
  readonly name: string;
  /** Hash of the content: equal bytes have equal versions, on every replica and after any restart. */
  readonly version: string;
  /** An encoded envoy.service.discovery.v3.Resource {name, version, resource: Any}. */
  readonly encoded: Uint8Array;
  /** The origin of the resource: users' objects at their generations, or a step of the certificates' plan. */
  readonly origins: readonly Origin[];
  /** For the route table of an inbound port: what it allows. It is not sent. */
  readonly grants?: Grants;
}

/** All resources of one proxy, by type and name. Frozen; equal sets are the same object. */
export type ResourceSet = Readonly<Record<ResourceType, ReadonlyMap<string, Resource>>>;
