import { assignment, httpFilters, socket, typeUrl } from './bootstrap-json.ts';
import { metricsPath, readyPath } from './names.ts';
import { ports } from './ports.ts';

const adminCluster = 'admin';

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
      headers: [{ name: ':path', string_match: { exact: readyPath } }],
    },
  };
  return staticListener(ipv6, {
    name: 'ready',
    port: ports.ready,
    filters: [filter],
    routes: [],
  });
}

/** Shows the statistics to Prometheus, and nothing else of the admin. */
export function metricsListener(ipv6: boolean): object {
  const routes = [{ match: { path: metricsPath }, route: { cluster: adminCluster } }];
  return staticListener(ipv6, { name: 'metrics', port: ports.metrics, filters: [], routes });
}

interface StaticListener {
  readonly name: string;
  readonly port: number;
  readonly filters: readonly object[];
  readonly routes: readonly object[];
}

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
    route_config: { name, virtual_hosts: [{ name, domains: ['*'], routes }] },
    http_filters: [...filters, router],
  };
  return {
    name,
    address: socket('0.0.0.0', port),
    ...(ipv6 ? { additional_addresses: [{ address: socket('::', port) }] } : {}),
    ignore_global_conn_limit: true,
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: connectionManager,
          },
        ],
      },
    ],
  };
}
