import { type Message, type MessageInitShape, create } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import { duration } from '../../envoy/duration.ts';
import {
  type Filter,
  FilterSchema,
} from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import {
  TcpProxySchema,
  UpstreamConnectMode,
} from '../../envoy/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js';
import { accessLog } from './access-log.ts';
import type { WeightedCluster } from './destination.ts';

type Fields = Exclude<MessageInitShape<typeof TcpProxySchema>, Message>;

/** The filter with its configuration inside the listener. */
export function tcpProxy(
  statPrefix: string,
  clusters: readonly WeightedCluster[],
  fields: Fields = {},
): Filter {
  const value = any(TcpProxySchema, { ...tcpProxyFields(statPrefix, clusters), ...fields });
  return create(FilterSchema, {
    name: 'envoy.filters.network.tcp_proxy',
    configType: { case: 'typedConfig', value },
  });
}

/** Connections have no time limit, as without a mesh. A connection attempt that fails is repeated twice. */
export function tcpProxyFields(statPrefix: string, clusters: readonly WeightedCluster[]): Fields {
  const [only] = clusters;
  return {
    statPrefix,
    idleTimeout: duration(0),
    maxConnectAttempts: 3,
    accessLog: [accessLog],
    clusterSpecifier:
      clusters.length === 1 && only !== undefined
        ? { case: 'cluster', value: only.name }
        : { case: 'weightedClusters', value: { clusters: [...clusters] } },
  };
}

/** For a chain with TLS: no caller reaches an application before the handshake has shown its identity. */
export const afterHandshake: Fields = {
  upstreamConnectMode: UpstreamConnectMode.ON_DOWNSTREAM_TLS_HANDSHAKE,
  maxEarlyDataBytes: 0,
};
