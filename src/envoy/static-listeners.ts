import { assignment, httpFilters, socket, typeUrl } from './bootstrap-json.ts';
import { adminCluster, readyPath } from './names.ts';
import { probeLimits } from './plain-limits.ts';
import { ports } from './ports.ts';

/** Envoy's own admin, for the metrics listener. */
export function adminUpstream(): object {
  return {
    name: adminCluster,
    type: 'STATIC',
    load_assignment: assignment(adminCluster, '127.0.0.1', ports.admin),
  };
}

/** Answers the start-up probe with 200 once the first configuration is in force. */
export function readyListener(ipv6: boolean): object {
  const filter = {
    name: 'envoy.filters.http.health_check',
    typed_config: {
      '@type': typeUrl(`${httpFilters}.health_check.v3.HealthCheck`),
      pass_through_mode: false,
      headers: [
        { name: ':path', string_match: { exact: readyPath } },
        { name: ':method', string_match: { safe_regex: { regex: 'GET|HEAD' } } },
      ],
    },
  };
  return staticListener(ipv6, {
    name: 'ready',
    port: ports.ready,
    filters: [filter],
    routes: [],
  });
}

interface StaticListener {
  readonly name: string;
  readonly port: number;
  readonly filters: readonly object[];
  readonly routes: readonly object[];
}

/** Answers every HTTP/1 version and ignores upgrade offers: there is nothing here to upgrade to. */
const anyHttp1 = {
  accept_http_10: true,
  default_host_for_http_10: 'localhost',
  ignore_http_11_upgrade: [{ safe_regex: { regex: '.*' } }],
};

function staticListener(ipv6: boolean, listener: StaticListener): object {
  const { name, port, filters, routes } = listener;
  const router = {
    name: 'envoy.filters.http.router',
    typed_config: { '@type': typeUrl(`${httpFilters}.router.v3.Router`) },
  };
  const connectionManager = {
    '@type': typeUrl(
      'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    ),
    stat_prefix: name,
    http_protocol_options: anyHttp1,
    route_config: { name, virtual_hosts: [{ name, domains: ['*'], routes }] },
    http_filters: [...filters, router],
    codec_type: 'HTTP1',
    request_headers_timeout: seconds(probeLimits.requestMs),
    request_timeout: seconds(probeLimits.requestMs),
    stream_idle_timeout: seconds(probeLimits.requestMs),
    delayed_close_timeout: seconds(probeLimits.lingerMs),
    common_http_protocol_options: {
      max_requests_per_connection: probeLimits.requests,
      idle_timeout: seconds(probeLimits.idleMs),
      max_connection_duration: seconds(probeLimits.spareMs),
    },
  };
  const connectionLimit = {
    '@type': typeUrl('envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit'),
    stat_prefix: name,
    max_connections: probeLimits.connections,
  };
  return {
    name,
    address: socket('0.0.0.0', port),
    ...(ipv6 ? { additional_addresses: [{ address: socket('::', port) }] } : {}),
    ignore_global_conn_limit: true,
    per_connection_buffer_limit_bytes: probeLimits.bufferBytes,
    filter_chains: [
      {
        filters: [
          { name: 'envoy.filters.network.connection_limit', typed_config: connectionLimit },
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: connectionManager,
          },
        ],
      },
    ],
  };
}

function seconds(milliseconds: number): string {
  return `${milliseconds / 1000}s`;
}
