import { type MessageInitShape, create } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import { duration } from '../../envoy/duration.ts';
import { TrafficDirection } from '../../envoy/gen/envoy/config/core/v3/base_pb.js';
import {
  type Filter,
  type FilterChain,
  FilterChainSchema,
  type ListenerFilterSchema,
} from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import {
  type Listener,
  ListenerSchema,
} from '../../envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { RouteConfigurationSchema } from '../../envoy/gen/envoy/config/route/v3/route_pb.js';
import { OriginalDstSchema } from '../../envoy/gen/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.js';
import { TlsInspectorSchema } from '../../envoy/gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js';
import { HttpConnectionManager_ForwardClientCertDetails } from '../../envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import {
  inboundChain,
  inboundListener,
  inboundName,
  localCluster,
  serviceFqdn,
} from '../../envoy/names.ts';
import { ports } from '../../envoy/ports.ts';
import type { AccessRule } from '../../policy/access.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { type ServiceKey, isHttp } from '../../policy/service.ts';
import type { ServedPort } from '../../policy/workload.ts';
import { refusedLog } from './access-log.ts';
import { bothFamilies } from './both-families.ts';
import { type CallerParts, callerParts } from './caller-parts.ts';
import { httpConnectionManager } from './http-filters.ts';
import { headerCount } from './http-limits.ts';
import { type Callers, callersOf } from './inbound-callers.ts';
import { markNotDelivered } from './not-delivered.ts';
import { denyUnlessRouted } from './rbac-http.ts';
import { afterHandshake, tcpProxy } from './tcp-proxy.ts';

export interface InboundChain {
  readonly served: ServedPort;
  /** The rules that hold on this port. */
  readonly rules: readonly AccessRule[];
}

/**
 * The listener where everything that reaches the pod arrives; undefined where no caller may come in, since Envoy
 * accepts no listener without chains. The chain of its service, port and caller serves a connection; without such a
 * chain the connection is closed. A chain's content depends on these three alone, because Envoy treats a chain with any
 * difference as another one and ends the connections of the old one.
 */
export function buildInboundListener(
  chains: readonly InboundChain[],
  settings: MeshSettings,
): Listener | undefined {
  const partsOf = callerParts(settings);
  const filterChains = chains.flatMap(({ served, rules }) => {
    const callers = callersOf(rules, served.protocol, settings.permissive);
    return served.services.flatMap((service) => {
      const toService = chainTo({ served, service }, settings);
      return callers.map((some) => toService(some, partsOf(some)));
    });
  });
  if (filterChains.length === 0) return undefined;
  return create(ListenerSchema, {
    name: inboundListener,
    ...bothFamilies(ports.inbound, settings),
    filterChains,
    trafficDirection: TrafficDirection.INBOUND,
    listenerFilters: [tlsInspector, originalDst],
    accessLog: [refusedLog],
  });
}

const tlsInspector: MessageInitShape<typeof ListenerFilterSchema> = {
  name: 'envoy.filters.listener.tls_inspector',
  configType: { case: 'typedConfig', value: any(TlsInspectorSchema) },
};

const originalDst: MessageInitShape<typeof ListenerFilterSchema> = {
  name: 'envoy.filters.listener.original_dst',
  configType: { case: 'typedConfig', value: any(OriginalDstSchema) },
};

interface Way {
  readonly served: ServedPort;
  readonly service: ServiceKey;
}

/** Makes the chain of each caller. All chains to a service and port share its last filter. */
function chainTo(
  { served, service }: Way,
  settings: MeshSettings,
): (callers: Callers, parts: CallerParts) => FilterChain {
  const { targetPort: destinationPort, protocol } = served;
  const routes = inboundName(destinationPort, protocol);
  const terminal = terminalOf({ served, service }, settings);
  const fqdn = serviceFqdn(service, settings.clusterDomain);
  return ({ name, alpn, refused }, { rbac, socket }) =>
    create(FilterChainSchema, {
      name: inboundChain(routes, service, name),
      filterChainMatch: {
        destinationPort,
        transportProtocol: 'tls',
        applicationProtocols: [alpn],
        serverNames: [fqdn],
      },
      filters: [rbac, refused ? refusal : terminal],
      transportSocket: socket,
      transportSocketConnectTimeout: handshakeTimeout,
    });
}

const handshakeTimeout = duration(10_000);

function terminalOf({ served, service }: Way, settings: MeshSettings): Filter {
  if (isHttp(served.protocol)) return httpTerminal(served, service, settings);
  const name = localCluster(service, served.targetPort);
  return tcpProxy(`inbound-mesh-tcp-proxy.${name}`, [{ name, weight: 1 }], afterHandshake);
}

function httpTerminal(served: ServedPort, service: ServiceKey, settings: MeshSettings): Filter {
  return httpConnectionManager({
    statPrefix: `rds-inbound.${served.targetPort}`,
    routes: inboundName(served.targetPort, served.protocol),
    host: serviceFqdn(service, settings.clusterDomain),
    filters: [denyUnlessRouted],
    options: {
      localReplyConfig: markNotDelivered,
      forwardClientCertDetails: HttpConnectionManager_ForwardClientCertDetails.SANITIZE_SET,
      setCurrentClientCertDetails: { uri: true },
    },
  });
}

/**
 * Answers 403 to every request, one per connection. When a rule later names the caller, its next connection uses its
 * own chain, so no connection stays here and is refused for ever.
 */
const refusal = httpConnectionManager({
  statPrefix: 'inbound-refused',
  host: 'refused',
  routes: create(RouteConfigurationSchema, {
    name: 'refused',
    virtualHosts: [
      {
        name: 'refused',
        domains: ['*'],
        routes: [
          {
            match: { pathSpecifier: { case: 'prefix', value: '/' } },
            action: { case: 'directResponse', value: { status: 403 } },
          },
        ],
      },
    ],
  }),
  filters: [denyUnlessRouted],
  options: { commonHttpProtocolOptions: { ...headerCount, maxRequestsPerConnection: 1 } },
});
