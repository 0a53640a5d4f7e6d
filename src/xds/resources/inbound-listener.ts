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
import { OriginalDstSchema } from '../../envoy/gen/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.js';
import { TlsInspectorSchema } from '../../envoy/gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js';
import {
  HttpConnectionManager_ForwardClientCertDetails,
  HttpConnectionManager_PathWithEscapedSlashesAction,
} from '../../envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import {
  inboundListener,
  inboundName,
  localCluster,
  meshAlpn,
  serviceFqdn,
} from '../../envoy/names.ts';
import { ports } from '../../envoy/ports.ts';
import type { AccessRule } from '../../policy/access.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import type { ServedPort } from '../../policy/workload.ts';
import { refusedLog } from './access-log.ts';
import { bothFamilies } from './both-families.ts';
import { isHttp } from './cluster-traits.ts';
import { httpConnectionManager } from './http-filters.ts';
import { markNotDelivered } from './not-delivered.ts';
import { denyUnlessRouted } from './rbac-http.ts';
import { type ChainAccess, networkRbac, peersOf } from './rbac-network.ts';
import { afterHandshake, tcpProxy } from './tcp-proxy.ts';
import { downstreamTls } from './tls.ts';

export interface InboundChain {
  readonly served: ServedPort;
  /** The rules that hold on this port; 'any' in permissive mode. */
  readonly rules: 'any' | readonly AccessRule[];
}

/** Where everything that reaches the pod arrives: a chain for each served port, nothing else. */
export function inbound(chains: readonly InboundChain[], settings: MeshSettings): Listener {
  return create(ListenerSchema, {
    name: inboundListener,
    ...bothFamilies(ports.inbound, settings),
    trafficDirection: TrafficDirection.INBOUND,
    listenerFilters: [tlsInspector, originalDst],
    filterChains: chains.map((chain) => filterChain(chain, settings)),
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

function filterChain({ served, rules }: InboundChain, settings: MeshSettings): FilterChain {
  const http = isHttp(served.protocol);
  const access = http ? httpAccess(rules) : tcpAccess(rules);
  return create(FilterChainSchema, {
    name: inboundName(served.targetPort, served.protocol),
    filterChainMatch: {
      destinationPort: served.targetPort,
      serverNames: served.services.map((key) => serviceFqdn(key, settings.clusterDomain)).sort(),
      transportProtocol: 'tls',
      applicationProtocols: [meshAlpn],
    },
    transportSocket: downstreamTls(settings, peersOf(access)),
    transportSocketConnectTimeout: duration(10_000),
    filters: [networkRbac(access), http ? httpTerminal(served, settings) : tcpTerminal(served)],
  });
}

/**
 * Which requests a caller may make is the route table's to say, so that an edit of a policy drains
 * no connection. The chain itself only closes when no rule is left at all.
 */
function httpAccess(rules: InboundChain['rules']): ChainAccess {
  return rules === 'any' || rules.length > 0 ? { kind: 'anyone' } : { kind: 'rules', rules: [] };
}

/** Opaque bytes are only for rules that name no HTTP routes. */
function tcpAccess(rules: InboundChain['rules']): ChainAccess {
  if (rules === 'any') return { kind: 'anyone' };
  return { kind: 'rules', rules: rules.filter((rule) => rule.http === 'all') };
}

function tcpTerminal({ services, targetPort }: ServedPort): Filter {
  const [first] = services;
  const name = first === undefined ? '' : localCluster(first, targetPort);
  return tcpProxy(`inbound-mesh-tcp-proxy.${name}`, [{ name, weight: 1 }], afterHandshake);
}

function httpTerminal(served: ServedPort, settings: MeshSettings): Filter {
  return httpConnectionManager({
    statPrefix: `rds-inbound.${served.targetPort}`,
    routes: inboundName(served.targetPort, served.protocol),
    filters: [denyUnlessRouted],
    options: {
      ...(settings.permissive ? {} : canonicalPaths),
      localReplyConfig: markNotDelivered,
      forwardClientCertDetails: HttpConnectionManager_ForwardClientCertDetails.SANITIZE_SET,
      setCurrentClientCertDetails: { uri: true },
    },
  });
}

/** A path must mean to the application what it meant to the rule that allowed it. */
const canonicalPaths = {
  normalizePath: true,
  mergeSlashes: true,
  pathWithEscapedSlashesAction:
    HttpConnectionManager_PathWithEscapedSlashesAction.UNESCAPE_AND_FORWARD,
};
