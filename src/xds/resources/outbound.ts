import type { Filter } from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import { outboundName, passthroughCluster, serviceFqdn } from '../../envoy/names.ts';
import { portKey } from '../../policy/endpoints.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import type { Origin } from '../../policy/origin.ts';
import type { ReachableService } from '../../policy/view.ts';
import { type BuiltResource, builtResource } from './built-resource.ts';
import { type ServiceLookup, weighDestinations, isOpen } from './destination.ts';
import { translateHeadlessPort } from './outbound-headless.ts';
import { serviceListener, buildTerminalFilter } from './outbound-listener.ts';
import {
  type BoundListener,
  type PodPort,
  type PortInput,
  type BuiltService,
  balancedCluster,
  boundAddress,
  leadingResource,
  originsWithoutSplit,
} from './service-part.ts';
import { tcpProxy } from './tcp-proxy.ts';

/**
 * Input: one reachable service. Output: its resources. `lookup` is called only for the backends of its split. A service
 * that leads nowhere has no resources: its address is then refused like an unknown one.
 */
export function translateService(
  reachable: ReachableService,
  lookup: ServiceLookup,
  settings: MeshSettings,
): BuiltService {
  if (!isOpen(reachable, settings) && reachable.split === undefined) return empty;
  const parts = reachable.service.ports.map((port) => {
    const given = { reachable, port, lookup, settings };
    return reachable.service.headless ? translateHeadlessPort(given) : translatePort(given);
  });
  return {
    listeners: parts.flatMap((part) => part.listeners),
    routes: parts.flatMap((part) => part.routes),
    extensions: parts.flatMap((part) => part.extensions),
    clusters: parts.flatMap((part) => part.clusters),
    wants: parts.flatMap((part) => part.wants),
    pods: parts.flatMap((part) => part.pods),
  };
}

const empty: BuiltService = {
  listeners: [],
  routes: [],
  extensions: [],
  clusters: [],
  wants: [],
  pods: [],
};

function translatePort(given: PortInput): BuiltService {
  const { reachable, port, settings } = given;
  const { service } = reachable;
  const name = outboundName(service.key, port.port);
  const clusters = weighDestinations(reachable, port, given);
  const host = serviceFqdn(service.key, settings.clusterDomain);
  const filter = buildTerminalFilter({ name, host }, port);
  const own = originsWithoutSplit(reachable);
  // A service without an address can be a split's backend, but cannot be called itself.
  const callable = service.addresses.length > 0;
  return {
    ...balancedCluster(given),
    listeners: [boundListener({ reachable, port, filter }, own)],
    ...(callable ? leadingResource(given, { name, clusters, pods: undefined }) : nowhere),
    pods: plainPods(given),
  };
}

const nowhere: Pick<BuiltService, 'routes' | 'extensions'> = {
  routes: [],
  extensions: [],
};

/**
 * A pod without a sidecar to which the service's name leads is also reached by its own address. With egress open every
 * address is reached anyway.
 */
function plainPods({ reachable, port, settings }: PortInput): readonly PodPort[] {
  if (!settings.permissive || settings.egress) return [];
  const key = portKey(reachable.service.key, port.port);
  const plain = { name: undefined, filter: passOn };
  return [{ key, accounts: [], mesh: undefined, plain, origins: [] }];
}

const passOn = tcpProxy(passthroughCluster, [{ name: passthroughCluster, weight: 1 }]);

function boundListener(
  { reachable, port, filter }: Pick<PortInput, 'reachable' | 'port'> & { filter: Filter },
  origins: readonly Origin[],
): BoundListener<BuiltResource<'listener'>> {
  return {
    resource: builtResource('listener', serviceListener(reachable, port, filter), origins),
    addresses: reachable.service.addresses.map((address) => boundAddress(address, port.port)),
  };
}
