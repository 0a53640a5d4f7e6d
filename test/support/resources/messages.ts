import { type JsonValue, type Registry, createRegistry, toJson } from '@bufbuild/protobuf';
import { StdoutAccessLogSchema } from '../../../src/envoy/gen/envoy/extensions/access_loggers/stream/v3/stream_pb.js';
import { BufferSchema } from '../../../src/envoy/gen/envoy/extensions/filters/http/buffer/v3/buffer_pb.js';
import { HeaderMutationSchema } from '../../../src/envoy/gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation_pb.js';
import { HealthCheckSchema } from '../../../src/envoy/gen/envoy/extensions/filters/http/health_check/v3/health_check_pb.js';
import {
  RBACPerRouteSchema,
  RBACSchema as HttpRbacSchema,
} from '../../../src/envoy/gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js';
import { RouterSchema } from '../../../src/envoy/gen/envoy/extensions/filters/http/router/v3/router_pb.js';
import { OriginalDstSchema } from '../../../src/envoy/gen/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.js';
import { TlsInspectorSchema } from '../../../src/envoy/gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js';
import { ConnectionLimitSchema } from '../../../src/envoy/gen/envoy/extensions/filters/network/connection_limit/v3/connection_limit_pb.js';
import { HttpConnectionManagerSchema } from '../../../src/envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { RBACSchema } from '../../../src/envoy/gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.js';
import { ConfigSchema as SetFilterStateSchema } from '../../../src/envoy/gen/envoy/extensions/filters/network/set_filter_state/v3/set_filter_state_pb.js';
import { TcpProxySchema } from '../../../src/envoy/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js';
import { PreviousHostsPredicateSchema } from '../../../src/envoy/gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.js';
import { RawBufferSchema } from '../../../src/envoy/gen/envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer_pb.js';
import {
  DownstreamTlsContextSchema,
  UpstreamTlsContextSchema,
} from '../../../src/envoy/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js';
import { HttpProtocolOptionsSchema } from '../../../src/envoy/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js';
import { schemas } from '../../../src/xds/resources/built-resource.ts';
import { messageOf } from '../../../src/xds/resources/message-of.ts';
import type { Resource } from '../../../src/xds/resources/resource.ts';

/** Every message that stands inside another as an Any. */
const registry: Registry = createRegistry(
  StdoutAccessLogSchema,
  PreviousHostsPredicateSchema,
  RawBufferSchema,
  BufferSchema,
  ConnectionLimitSchema,
  HeaderMutationSchema,
  HealthCheckSchema,
  HttpRbacSchema,
  RBACPerRouteSchema,
  RouterSchema,
  OriginalDstSchema,
  TlsInspectorSchema,
  HttpConnectionManagerSchema,
  RBACSchema,
  TcpProxySchema,
  SetFilterStateSchema,
  DownstreamTlsContextSchema,
  UpstreamTlsContextSchema,
  HttpProtocolOptionsSchema,
);

/** The message that a resource carries, as proto-JSON from the bytes that proxies get, defaults left out. */
export function jsonOf(resource: Resource): JsonValue {
  return toJson(schemas[resource.type], messageOf(resource.type, resource), { registry });
}
