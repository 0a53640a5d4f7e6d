import { type MessageInitShape, create } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import { duration } from '../../envoy/duration.ts';
import {
  type RouteConfiguration,
  RouteConfigurationSchema,
} from '../../envoy/gen/envoy/config/route/v3/route_pb.js';
import type {
  RetryPolicySchema,
  RouteActionSchema,
  RouteSchema,
  VirtualHostSchema,
} from '../../envoy/gen/envoy/config/route/v3/route_components_pb.js';
import { PreviousHostsPredicateSchema } from '../../envoy/gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.js';
import { serviceFqdn } from '../../envoy/names.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import type { ReachableService } from '../../policy/view.ts';
import type { WeightedCluster } from './destination.ts';
import { presentHeader } from './header-matcher.ts';
import { notDeliveredHeader } from './not-delivered.ts';
import { podDomains } from './domains.ts';

/**
 * Retries, on another endpoint, only requests that cannot have reached an application: there was no connection, the
 * stream was refused, or the peer's sidecar states that its application accepted no connection (docs/decisions/0014).
 */
const safeRetry: MessageInitShape<typeof RetryPolicySchema> = {
  retryOn: 'connect-failure,refused-stream,reset-before-request,retriable-headers',
  retriableHeaders: [presentHeader(notDeliveredHeader)],
  numRetries: 3,
  retryHostPredicate: [
    {
      name: 'envoy.retry_host_predicates.previous_hosts',
      configType: { case: 'typedConfig', value: any(PreviousHostsPredicateSchema) },
    },
  ],
  hostSelectionRetryMaxAttempts: 5n,
};

export interface RouteInput {
  readonly name: string;
  readonly clusters: readonly WeightedCluster[];
  /** The cluster of pods that are called by their own address; undefined when the caller may not reach them. */
  readonly pods: string | undefined;
  readonly settings: MeshSettings;
}

/**
 * The route table of one service port. Every request that came to its address, whatever host it names, goes to
 * `clusters`. A pod of a headless service that is called by its own name is reached despite a split.
 */
export function outboundRoutes(
  { service, split }: ReachableService,
  { name, clusters, pods, settings }: RouteInput,
): RouteConfiguration {
  const fqdn = serviceFqdn(service.key, settings.clusterDomain);
  const hosts = [virtualHost(`outbound_virtual-host|${fqdn}`, ['*'], clusters)];
  if (service.headless && split !== undefined && pods !== undefined) {
    const pod = [{ name: pods, weight: 1 }];
    const domains = podDomains(service.key, settings.clusterDomain);
    hosts.unshift(virtualHost(`outbound_virtual-host|*.${fqdn}`, domains, pod));
  }
  return create(RouteConfigurationSchema, {
    name,
    ignorePortInHostMatching: true,
    virtualHosts: hosts,
  });
}

function virtualHost(
  name: string,
  domains: string[],
  clusters: readonly WeightedCluster[],
): MessageInitShape<typeof VirtualHostSchema> {
  return { name, domains, routes: [routeTo(clusters)] };
}

function routeTo(clusters: readonly WeightedCluster[]): MessageInitShape<typeof RouteSchema> {
  return {
    match: { pathSpecifier: { case: 'prefix', value: '/' } },
    action: {
      case: 'route',
      value: {
        clusterSpecifier: clusterSpecifier(clusters),
        timeout: duration(0),
        retryPolicy: safeRetry,
      },
    },
    responseHeadersToRemove: [notDeliveredHeader],
  };
}

function clusterSpecifier(
  clusters: readonly WeightedCluster[],
): NonNullable<MessageInitShape<typeof RouteActionSchema>['clusterSpecifier']> {
  const [only] = clusters;
  return clusters.length === 1 && only !== undefined
    ? { case: 'cluster', value: only.name }
    : { case: 'weightedClusters', value: { clusters: [...clusters] } };
}
