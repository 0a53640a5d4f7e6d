import { type Message, type MessageInitShape, create } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import { duration } from '../../envoy/duration.ts';
import {
  type Filter,
  FilterSchema,
} from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import type { RouteConfiguration } from '../../envoy/gen/envoy/config/route/v3/route_pb.js';
import { RouterSchema } from '../../envoy/gen/envoy/extensions/filters/http/router/v3/router_pb.js';
import {
  type HttpFilter,
  HttpFilterSchema,
  HttpConnectionManagerSchema,
  HttpConnectionManager_ServerHeaderTransformation,
} from '../../envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { accessLog } from './access-log.ts';
import { adsSource } from './ads-source.ts';
import { headerCount, laxHttp1, laxHttp2, maxHeadersKb } from './http-limits.ts';
import { ignoredUpgrades, upgradeConfigs } from './upgrades.ts';

type ConnectionManager = Exclude<MessageInitShape<typeof HttpConnectionManagerSchema>, Message>;

export interface HttpConnection {
  readonly statPrefix: string;
  /** The name of a route table on the stream, or the table itself. */
  readonly routes: string | RouteConfiguration;
  /** The host of HTTP/1.0 requests that name none. */
  readonly host: string;
  /** In front of the router. */
  readonly filters?: readonly HttpFilter[];
  /** Options of one direction, added to or overriding the common ones. */
  readonly options?: ConnectionManager;
}

/**
 * The HTTP connection manager that all chains share (docs/decisions/0015). It changes nothing that an application could
 * notice, sets no time limits, and refuses nothing that the application might accept.
 */
export function httpConnectionManager(connection: HttpConnection): Filter {
  const { statPrefix, routes, host, filters = [], options } = connection;
  return create(FilterSchema, {
    name: 'envoy.filters.network.http_connection_manager',
    configType: {
      case: 'typedConfig',
      value: any(HttpConnectionManagerSchema, {
        statPrefix,
        routeSpecifier: routeSpecifier(routes),
        httpFilters: [...filters, router],
        serverHeaderTransformation: HttpConnectionManager_ServerHeaderTransformation.PASS_THROUGH,
        streamIdleTimeout: duration(0),
        httpProtocolOptions: {
          ...laxHttp1,
          acceptHttp10: true,
          defaultHostForHttp10: host,
          ignoreHttp11Upgrade: ignoredUpgrades,
        },
        http2ProtocolOptions: laxHttp2,
        commonHttpProtocolOptions: headerCount,
        maxRequestHeadersKb: maxHeadersKb,
        upgradeConfigs,
        // The application decides whether it wants the body, so its answer to "Expect: 100-continue" is passed on.
        proxy100Continue: true,
        accessLog: [accessLog],
        ...options,
      }),
    },
  });
}

const router = create(HttpFilterSchema, {
  name: 'envoy.filters.http.router',
  configType: { case: 'typedConfig', value: any(RouterSchema) },
});

function routeSpecifier(
  routes: string | RouteConfiguration,
): NonNullable<ConnectionManager['routeSpecifier']> {
  return typeof routes === 'string'
    ? { case: 'rds', value: { routeConfigName: routes, configSource: adsSource() } }
    : { case: 'routeConfig', value: routes };
}
