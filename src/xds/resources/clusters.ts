import { type MessageInitShape, create } from '@bufbuild/protobuf';
import {
  type Cluster,
  ClusterSchema,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
} from '../../envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import {
  meshCluster,
  passthroughCluster,
  plainPodCluster,
  podCluster,
  refusedCluster,
  serviceFqdn,
} from '../../envoy/names.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { type MeshServicePort, isHttp } from '../../policy/service.ts';
import type { ReachableService } from '../../policy/view.ts';
import { adsSource } from './ads-source.ts';
import { keepAlive, noLimits, sameProtocol } from './cluster-traits.ts';
import { plaintextMatches } from './plaintext.ts';
import { upstreamTls } from './tls.ts';

/** Well before the server's side closes an idle connection (after an hour), so that the two never coincide. */
const peerIdleMs = 600_000;

/**
 * The endpoints of a service port that the caller may reach. Traffic is mTLS, except to endpoints that are marked to
 * have no sidecar, where the mode of the mesh allows those.
 */
export function serviceCluster(
  reachable: ReachableService,
  port: MeshServicePort,
  settings: MeshSettings,
): Cluster {
  return create(ClusterSchema, {
    ...meshTraits(reachable, port, settings),
    name: meshCluster(reachable.service.key, port.port),
    transportSocketMatches: plaintextMatches(settings),
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: adsSource() },
  });
}

/** The one pod of a headless service that was dialled by its own address, over the same mTLS. */
export function podAddressCluster(
  reachable: ReachableService,
  port: MeshServicePort,
  settings: MeshSettings,
): Cluster {
  return create(ClusterSchema, {
    ...meshTraits(reachable, port, settings),
    name: podCluster(reachable.service.key, port.port),
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
    lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
  });
}

/** The cluster of a dialled pod without a sidecar. */
export function plainPodAddressCluster(
  { service }: Pick<ReachableService, 'service'>,
  port: MeshServicePort,
): Cluster {
  return create(ClusterSchema, {
    ...connectionTraits(port),
    name: plainPodCluster(service.key, port.port),
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
    lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
  });
}

type Traits = Pick<
  MessageInitShape<typeof ClusterSchema>,
  | 'circuitBreakers'
  | 'transportSocket'
  | 'upstreamConnectionOptions'
  | 'typedExtensionProtocolOptions'
>;

function meshTraits(
  { service, accounts }: ReachableService,
  port: MeshServicePort,
  settings: MeshSettings,
): Traits {
  const fqdn = serviceFqdn(service.key, settings.clusterDomain);
  return { ...connectionTraits(port), transportSocket: upstreamTls(settings, fqdn, accounts) };
}

function connectionTraits(port: MeshServicePort): Traits {
  return {
    circuitBreakers: noLimits,
    upstreamConnectionOptions: keepAlive,
    ...(isHttp(port.protocol) ? { typedExtensionProtocolOptions: sameProtocol(peerIdleMs) } : {}),
  };
}

/** Destinations outside the mesh, unchanged. */
export const passthrough: Cluster = create(ClusterSchema, {
  name: passthroughCluster,
  clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
  lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
  circuitBreakers: noLimits,
});

/** Has no endpoint: requests get 503, connections are closed. */
export const refused: Cluster = create(ClusterSchema, {
  name: refusedCluster,
  clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STATIC },
  loadAssignment: { clusterName: refusedCluster },
});
