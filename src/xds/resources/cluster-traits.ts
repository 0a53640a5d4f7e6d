import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { any } from '../../envoy/any.ts';
import { duration } from '../../envoy/duration.ts';
import type { CircuitBreakersSchema } from '../../envoy/gen/envoy/config/cluster/v3/circuit_breaker_pb.js';
import { RoutingPriority } from '../../envoy/gen/envoy/config/core/v3/base_pb.js';
import { HttpProtocolOptionsSchema } from '../../envoy/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js';
import { headerCount, laxHttp1, laxHttp2, maxHeadersKb } from './http-limits.ts';

const unlimited = 0xffffffff;

/** No limits, as in OSM: only the application's own limits apply. */
export const noLimits: MessageInitShape<typeof CircuitBreakersSchema> = {
  thresholds: [RoutingPriority.DEFAULT, RoutingPriority.HIGH].map((priority) => ({
    priority,
    maxConnections: unlimited,
    maxPendingRequests: unlimited,
    maxRequests: unlimited,
    maxRetries: unlimited,
    trackRemaining: true,
  })),
};

/**
 * Keeps the HTTP version that the application used, end to end: HTTP/1 stays HTTP/1, gRPC stays HTTP/2. Closes an idle
 * connection after `idleMs`.
 */
export function sameProtocol(idleMs: number): Record<string, Any> {
  return {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': any(HttpProtocolOptionsSchema, {
      commonHttpProtocolOptions: {
        ...headerCount,
        maxResponseHeadersKb: maxHeadersKb,
        idleTimeout: duration(idleMs),
      },
      upstreamProtocolOptions: {
        case: 'useDownstreamProtocolConfig',
        value: { httpProtocolOptions: laxHttp1, http2ProtocolOptions: laxHttp2 },
      },
    }),
  };
}

/** Detects within two minutes that a peer vanished without closing its connection. */
export const keepAlive = {
  tcpKeepalive: { keepaliveProbes: 5, keepaliveTime: 60, keepaliveInterval: 10 },
};
