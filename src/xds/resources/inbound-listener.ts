import { type MessageInitShape, create, toBinary } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import { duration } from '../../envoy/duration.ts';
import { TrafficDirection } from '../../envoy/gen/envoy/config/core/v3/base_pb.js';
import {
  type Filter,
  FilterChainMatchSchema,
  FilterChainSchema,
  type ListenerFilterSchema,
} from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import { ListenerSchema } from '../../envoy/gen/envoy/config/listener/v3/listener_pb.js';
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
import { CallerEncoder } from './caller-bytes.ts';
import { httpConnectionManager } from './http-filters.ts';
import { headerCount } from './http-limits.ts';
import { type Callers, callersOf } from './inbound-callers.ts';
import { markNotDelivered } from './not-delivered.ts';
import { denyUnlessRouted } from './rbac-http.ts';
import { field, joined, utf8 } from './raw.ts';
import { afterHandshake, tcpProxy } from './tcp-proxy.ts';

export interface InboundChain {
  readonly served: ServedPort;
  /** The rules that hold on this port. */
  readonly rules: readonly AccessRule[];
}

/**
 * The listener where everything that reaches the pod arrives, encoded; undefined where no caller may come in, since
 * Envoy accepts no listener without chains. The chain of its service, port and caller serves a connection; without such
 * a chain the connection is closed. A chain's content depends on these three alone, because Envoy treats a chain with
 * any difference as another one and ends the connections of the old one.
 */
export function inbound(
  chains: readonly InboundChain[],
  settings: MeshSettings,
): Uint8Array | undefined {
  const encoder = new ChainEncoder(settings);
  const encoded = chains.flatMap(({ served, rules }) => {
    const callers = callersOf(rules, served.protocol, settings.permissive);
    return served.services.flatMap((service) => encoder.chainsOf({ served, service }, callers));
  });
  if (encoded.length === 0) return undefined;
  const { address, ...more } = bothFamilies(ports.inbound, settings);
  const first = { name: inboundListener, address };
  const last = {
    ...more,
    trafficDirection: TrafficDirection.INBOUND,
    listenerFilters: [tlsInspector, originalDst],
    accessLog: [refusedLog],
  };
  // Listener: name = 1, address = 2, filter_chains = 3, and all others after them.
  const [before, after] = [first, last].map((part) =>
    toBinary(ListenerSchema, create(ListenerSchema, part)),
  );
  return joined([before ?? nothing, ...encoded, after ?? nothing]);
}

const nothing = new Uint8Array();

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

/** Encodes once the parts that several chains share, and joins the chains from those parts. */
class ChainEncoder {
  readonly #settings: MeshSettings;
  readonly #callers: CallerEncoder;

  constructor(settings: MeshSettings) {
    this.#settings = settings;
    this.#callers = new CallerEncoder(settings);
  }

  /**
   * FilterChain {filter_chain_match = 1 {destination_port = 8, transport_protocol = 9,
   * application_protocols = 10, server_names = 11}, filters = 3, transport_socket = 6, name = 7,
   * transport_socket_connect_timeout = 9}, as Listener.filter_chains = 3.
   */
  chainsOf({ served, service }: Way, callers: readonly Callers[]): readonly Uint8Array[] {
    const settings = this.#settings;
    const { targetPort, protocol } = served;
    const routes = inboundName(targetPort, protocol);
    const to = matchBytes({ destinationPort: targetPort, transportProtocol: 'tls' });
    const sni = matchBytes({ serverNames: [serviceFqdn(service, settings.clusterDomain)] });
    const terminal = chainBytes({ filters: [terminalOf({ served, service }, settings)] });
    return callers.map((some) => {
      const { alpn, socket, filter } = this.#callers.bytesOf(some);
      const last = some.refused ? refusalBytes : terminal;
      const name = field(7, utf8(inboundChain(routes, service, some.name)));
      return field(3, field(1, to, alpn, sni), filter, last, socket, name, timeout);
    });
  }
}

function matchBytes(match: MessageInitShape<typeof FilterChainMatchSchema>): Uint8Array {
  return toBinary(FilterChainMatchSchema, create(FilterChainMatchSchema, match));
}

function chainBytes(chain: MessageInitShape<typeof FilterChainSchema>): Uint8Array {
  return toBinary(FilterChainSchema, create(FilterChainSchema, chain));
}

const timeout = chainBytes({ transportSocketConnectTimeout: duration(10_000) });

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

const refusalBytes = chainBytes({ filters: [refusal] });
