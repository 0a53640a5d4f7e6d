import { type MessageInitShape, create } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import {
  Cluster_DiscoveryType,
  ClusterSchema,
} from '../../../src/envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import { ClusterLoadAssignmentSchema } from '../../../src/envoy/gen/envoy/config/endpoint/v3/endpoint_pb.js';
import { ListenerSchema } from '../../../src/envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { RouteConfigurationSchema } from '../../../src/envoy/gen/envoy/config/route/v3/route_pb.js';
import { RouterSchema } from '../../../src/envoy/gen/envoy/extensions/filters/http/router/v3/router_pb.js';
import { HttpConnectionManagerSchema } from '../../../src/envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { SecretSchema } from '../../../src/envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import {
  type CommonTlsContextSchema,
  UpstreamTlsContextSchema,
} from '../../../src/envoy/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js';
import type { Origin } from '../../../src/policy/origin.ts';
import { builtResource } from '../../../src/xds/resources/built-resource.ts';
import { encode } from '../../../src/xds/resources/encode.ts';
import type { Resource } from '../../../src/xds/resources/resource.ts';

const ads = {
  resourceApiVersion: 2,
  configSourceSpecifier: { case: 'ads', value: {} },
} as const;

const address = (portValue: number) =>
  ({
    address: {
      case: 'socketAddress',
      value: { address: '127.0.0.1', portSpecifier: { case: 'portValue', value: portValue } },
    },
  }) as const;

export interface ClusterOptions {
  readonly connectTimeoutSeconds?: number;
  /** mTLS with the secret of that name as the trusted roots. */
  readonly trust?: string;
}

/** An EDS cluster. */
export function clusterOf(
  name: string,
  { connectTimeoutSeconds = 1, trust }: ClusterOptions = {},
): Resource {
  const message = create(ClusterSchema, {
    name,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: ads },
    connectTimeout: { seconds: BigInt(connectTimeoutSeconds) },
    ...(trust === undefined ? {} : { transportSocket: tlsSocket(trust) }),
  });
  return encode(builtResource('cluster', message, []));
}

function tlsSocket(trust: string) {
  const commonTlsContext: MessageInitShape<typeof CommonTlsContextSchema> = {
    validationContextType: {
      case: 'combinedValidationContext',
      value: {
        defaultValidationContext: {},
        validationContextSdsSecretConfig: { name: trust, sdsConfig: ads },
      },
    },
  };
  const context = create(UpstreamTlsContextSchema, { commonTlsContext });
  const packed = anyPack(UpstreamTlsContextSchema, context);
  return {
    name: 'envoy.transport_sockets.tls',
    configType: { case: 'typedConfig', value: packed },
  } as const;
}

export function endpointsOf(clusterName: string, ...ports: readonly number[]): Resource {
  const lbEndpoints = ports.map((port) => ({
    hostIdentifier: { case: 'endpoint', value: { address: address(port) } } as const,
  }));
  const message = create(ClusterLoadAssignmentSchema, {
    clusterName,
    endpoints: [{ lbEndpoints }],
  });
  return encode(builtResource('endpoint', message, []));
}

export function trustOf(name: string, pem: string): Resource {
  const message = create(SecretSchema, {
    name,
    type: {
      case: 'validationContext',
      value: { trustedCa: { specifier: { case: 'inlineString', value: pem } } },
    },
  });
  return encode(builtResource('secret', message, []));
}

export interface ListenerOptions {
  readonly port: number;
  readonly route: string;
  readonly origins?: readonly Origin[];
  /** A filter that Envoy does not have. */
  readonly broken?: boolean;
}

export function listenerOf(name: string, options: ListenerOptions): Resource {
  const manager = create(HttpConnectionManagerSchema, {
    statPrefix: name,
    routeSpecifier: {
      case: 'rds',
      value: { routeConfigName: options.route, configSource: ads },
    },
    httpFilters: [
      {
        name: 'envoy.filters.http.router',
        configType: {
          case: 'typedConfig',
          value: anyPack(RouterSchema, create(RouterSchema)),
        },
      },
    ],
  });
  const filter = {
    name: options.broken === true ? 'no.such.filter' : 'http',
    configType:
      options.broken === true
        ? ({
            case: 'typedConfig',
            value: { typeUrl: 'type.googleapis.com/no.such.Filter', value: new Uint8Array() },
          } as const)
        : ({
            case: 'typedConfig',
            value: anyPack(HttpConnectionManagerSchema, manager),
          } as const),
  };
  const message = create(ListenerSchema, {
    name,
    address: address(options.port),
    filterChains: [{ filters: [filter] }],
  });
  return encode(builtResource('listener', message, options.origins ?? []));
}

/** A route that answers directly with `body`, or that leads to `cluster`. */
export function routeOf(
  name: string,
  to: { readonly body: string } | { readonly cluster: string },
  origins: readonly Origin[] = [],
): Resource {
  const action =
    'body' in to
      ? ({
          case: 'directResponse',
          value: {
            status: 200,
            body: { specifier: { case: 'inlineString', value: to.body } },
          },
        } as const)
      : ({
          case: 'route',
          value: { clusterSpecifier: { case: 'cluster', value: to.cluster } },
        } as const);
  const message = create(RouteConfigurationSchema, {
    name,
    virtualHosts: [
      {
        name: 'all',
        domains: ['*'],
        routes: [{ match: { pathSpecifier: { case: 'prefix', value: '/' } }, action }],
      },
    ],
  });
  return encode(builtResource('route', message, origins));
}
