import { type MessageInitShape, create } from '@bufbuild/protobuf';
import {
  type Cluster,
  ClusterSchema,
  Cluster_DiscoveryType,
} from '../../envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import type { ClusterLoadAssignmentSchema } from '../../envoy/gen/envoy/config/endpoint/v3/endpoint_pb.js';
import type { EndpointSchema } from '../../envoy/gen/envoy/config/endpoint/v3/endpoint_components_pb.js';
import { localCluster } from '../../envoy/names.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { type ServiceKey, isHttp } from '../../policy/service.ts';
import type { ServedPort } from '../../policy/workload.ts';
import { socketAddress } from './address.ts';
import { noLimits, sameProtocol } from './cluster-traits.ts';

/**
 * Below the two seconds after which gunicorn, the quickest of common servers, closes idle connections itself: a request
 * must not use a connection that is just being closed.
 */
const localIdleMs = 1_000;

/** The application behind a served port, on loopback, once for each service that leads to it. */
export function applicationCluster(
  served: ServedPort,
  service: ServiceKey,
  settings: MeshSettings,
): Cluster {
  const name = localCluster(service, served.targetPort);
  return create(ClusterSchema, {
    name,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STATIC },
    loadAssignment: loopback(name, served.targetPort, settings),
    circuitBreakers: noLimits,
    ...(isHttp(served.protocol)
      ? { typedExtensionProtocolOptions: sameProtocol(localIdleMs) }
      : {}),
  });
}

type Assignment = MessageInitShape<typeof ClusterLoadAssignmentSchema>;

/** One endpoint on loopback. With IPv6, Envoy tries ::1 when 127.0.0.1 does not answer. */
export function loopback(clusterName: string, port: number, settings: MeshSettings): Assignment {
  const additionalAddresses = settings.ipv6 ? [{ address: socketAddress('::1', port) }] : [];
  const address = socketAddress('127.0.0.1', port);
  return assignment(clusterName, [{ address, additionalAddresses }]);
}

/** A separate endpoint for each family, because active health checks ignore additional addresses. */
export function loopbackByFamily(
  clusterName: string,
  port: number,
  settings: MeshSettings,
): Assignment {
  const addresses = settings.ipv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
  return assignment(
    clusterName,
    addresses.map((address) => ({ address: socketAddress(address, port) })),
  );
}

function assignment(
  clusterName: string,
  endpoints: readonly MessageInitShape<typeof EndpointSchema>[],
): Assignment {
  const lbEndpoints = endpoints.map((value) => ({
    hostIdentifier: { case: 'endpoint' as const, value },
  }));
  return { clusterName, endpoints: [{ lbEndpoints }] };
}
