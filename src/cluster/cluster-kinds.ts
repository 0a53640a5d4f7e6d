import { type Kind, kinds } from '../api/kinds.ts';
import type { ClusterKind } from './snapshot.ts';

/** The kinds a snapshot is made of, and where the API server has them. */
export const clusterKinds: Readonly<Record<ClusterKind, Kind>> = {
  Namespace: kinds.namespace,
  Pod: kinds.pod,
  Service: kinds.service,
  EndpointSlice: kinds.endpointSlice,
  TrafficTarget: kinds.trafficTarget,
  HTTPRouteGroup: kinds.httpRouteGroup,
  TCPRoute: kinds.tcpRoute,
  TrafficSplit: kinds.trafficSplit,
};
