import { type MessageInitShape, create } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import { duration } from '../../envoy/duration.ts';
import { TrafficDirection } from '../../envoy/gen/envoy/config/core/v3/base_pb.js';
import {
  type Filter,
  FilterSchema,
} from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import {
  type Listener,
  ListenerSchema,
} from '../../envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { RouteConfigurationSchema } from '../../envoy/gen/envoy/config/route/v3/route_pb.js';
import type { RouteSchema } from '../../envoy/gen/envoy/config/route/v3/route_components_pb.js';
import {
  type HttpFilter,
  HttpConnectionManager_CodecType,
} from '../../envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { ConnectionLimitSchema } from '../../envoy/gen/envoy/extensions/filters/network/connection_limit/v3/connection_limit_pb.js';
import type { PlainLimits } from '../../envoy/plain-limits.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { bothFamilies } from './both-families.ts';
import { httpConnectionManager } from './http-filters.ts';
import { matchTokensExcept } from './upgrades.ts';
import { bareGet } from './bare-get.ts';

/** A listener that anyone may call without proof of identity, as the kubelet and Prometheus must. */
export interface PlainListener {
  readonly name: string;
  readonly port: number;
  readonly statPrefix: string;
  readonly routes: MessageInitShape<typeof RouteSchema>[];
  /** Placed before the router, and after the filters that stop everything except a bare GET. */
  readonly filters?: readonly HttpFilter[];
  /** The longest that one answer may take. */
  readonly longestMs: number;
  readonly limits: PlainLimits;
}

/**
 * Accepts a GET or HEAD without body over HTTP/1.1, and nothing else; a limited number of connections, each for a
 * limited time. It does not count in the connection limit of the whole sidecar, because a busy pod must not fail its
 * probes, and has a separate limit instead.
 */
export function plainListener(listener: PlainListener, settings: MeshSettings): Listener {
  const { name, port, statPrefix, routes, filters = [], longestMs, limits } = listener;
  return create(ListenerSchema, {
    name,
    ...bothFamilies(port, settings),
    trafficDirection: TrafficDirection.INBOUND,
    ignoreGlobalConnLimit: true,
    perConnectionBufferLimitBytes: limits.bufferBytes,
    filterChains: [
      {
        filters: [
          connectionLimit(statPrefix, limits.connections),
          httpConnectionManager({
            statPrefix,
            host: anyAddress,
            routes: create(RouteConfigurationSchema, {
              name,
              virtualHosts: [{ name, domains: ['*'], routes }],
            }),
            filters: [...bareGet, ...filters],
            options: {
              accessLog: [],
              upgradeConfigs: [],
              proxy100Continue: false,
              httpProtocolOptions: {
                acceptHttp10: true,
                defaultHostForHttp10: anyAddress,
                ignoreHttp11Upgrade: everyUpgrade,
              },
              maxRequestHeadersKb: limits.headersKb,
              codecType: HttpConnectionManager_CodecType.HTTP1,
              requestHeadersTimeout: duration(limits.requestMs),
              requestTimeout: duration(limits.requestMs),
              streamIdleTimeout: duration(longestMs + limits.requestMs),
              delayedCloseTimeout: duration(limits.lingerMs),
              commonHttpProtocolOptions: {
                ...requestsOf(limits),
                idleTimeout: duration(limits.idleMs),
                maxConnectionDuration: duration(longestMs + limits.spareMs),
              },
            },
          }),
        ],
      },
    ],
  });
}

/** Nothing where a connection may carry any number of requests. */
function requestsOf({ requests }: PlainLimits): { maxRequestsPerConnection?: number } {
  return requests === 0 ? {} : { maxRequestsPerConnection: requests };
}

/** For HTTP/1.0 callers that name no host: the routes serve callers that use the pod's address. */
const anyAddress = '127.0.0.1';

/** Nothing is upgraded here: an upgrade offer is ignored. */
const everyUpgrade = matchTokensExcept([]);

function connectionLimit(statPrefix: string, connections: number): Filter {
  return create(FilterSchema, {
    name: 'envoy.filters.network.connection_limit',
    configType: {
      case: 'typedConfig',
      value: any(ConnectionLimitSchema, {
        statPrefix,
        maxConnections: BigInt(connections),
      }),
    },
  });
}
