import type { Filter } from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import { outboundName } from '../../envoy/names.ts';
import { type PortKey, portKey } from '../../policy/endpoints.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { type Origin, originKey } from '../../policy/origin.ts';
import type { MeshServicePort } from '../../policy/service.ts';
import type { ReachableService } from '../../policy/view.ts';
import { isHttp } from './cluster-traits.ts';
import { podAddressCluster, serviceCluster } from './clusters.ts';
import { type ServiceLookup, destinations } from './destination.ts';
import { serviceListener, terminal } from './outbound-listener.ts';
import { resourceOf } from './resource-of.ts';
import type { Resource } from './resource.ts';
import { outboundRoutes } from './routes-outbound.ts';

/** A cluster that lives on endpoints, and whose endpoints they may be. */
export interface EndpointWant {
  readonly key: PortKey;
  readonly accounts: readonly IdentityKey[];
}

/** A headless port: each pod address of `accounts` behind it has a listener of its own with this filter. */
export interface PodPort extends EndpointWant {
  readonly filter: Filter;
  readonly origins: readonly Origin[];
}

/** A listener and the addresses (`<ip> <port>`) that it takes: no two may take the same. */
export interface BoundListener {
  readonly resource: Resource;
  readonly addresses: readonly string[];
}

/** What a caller needs to reach one service. */
export interface ServicePart {
  readonly listeners: readonly BoundListener[];
  readonly routes: readonly Resource[];
  readonly clusters: readonly Resource[];
  readonly wants: readonly EndpointWant[];
  readonly pods: readonly PodPort[];
}

interface PortInput {
  readonly reachable: ReachableService;
  readonly port: MeshServicePort;
  readonly lookup: ServiceLookup;
  readonly settings: MeshSettings;
}

/**
 * One reachable service in, its resources out. `lookup` is asked for the backends of its split only.
 * A service that leads nowhere has no resources: its address is then refused like an unknown one.
 */
export function translateService(
  reachable: ReachableService,
  lookup: ServiceLookup,
  settings: MeshSettings,
): ServicePart {
  if (reachable.accounts.length === 0 && reachable.split === undefined) return empty;
  const parts = reachable.service.ports.map((port) =>
    translatePort({ reachable, port, lookup, settings }),
  );
  return {
    listeners: parts.flatMap((part) => part.listeners),
    routes: parts.flatMap((part) => part.routes),
    clusters: parts.flatMap((part) => part.clusters),
    wants: parts.flatMap((part) => part.wants),
    pods: parts.flatMap((part) => part.pods),
  };
}

const empty: ServicePart = { listeners: [], routes: [], clusters: [], wants: [], pods: [] };

function translatePort({ reachable, port, lookup, settings }: PortInput): ServicePart {
  const { service, accounts, origins } = reachable;
  const clusters = destinations(reachable, port, lookup);
  const key = portKey(service.key, port.port);
  const own = withoutSplit(reachable);
  const open = accounts.length > 0;
  const http = isHttp(port.protocol);
  // A service that has no address yet can be a split's backend, but nobody can call it itself.
  const callable = service.headless || service.addresses.length > 0;
  const filter = terminal(outboundName(service.key, port.port), port, clusters);
  const shaped = http ? own : origins;
  // A split leads away from the pods that are dialled, so it works at closed ones too.
  const dialled = reachable.split === undefined ? accounts : service.accounts;
  return {
    listeners: service.headless ? [] : [boundListener({ reachable, port, filter }, shaped)],
    routes:
      http && callable
        ? [resourceOf('route', outboundRoutes(reachable, port, { clusters, settings }), origins)]
        : [],
    clusters: open ? ownClusters({ reachable, port, lookup, settings }, own) : [],
    wants: open ? [{ key, accounts }] : [],
    pods: service.headless ? [{ key, accounts: dialled, origins: shaped, filter }] : [],
  };
}

function boundListener(
  { reachable, port, filter }: Pick<PortInput, 'reachable' | 'port'> & { filter: Filter },
  origins: readonly Origin[],
): BoundListener {
  return {
    resource: resourceOf('listener', serviceListener(reachable, port, filter), origins),
    addresses: reachable.service.addresses.map((address) => boundAddress(address, port.port)),
  };
}

/** How an address is written where listeners are kept apart. */
export function boundAddress(address: string, port: number): string {
  return `${address} ${port}`;
}

function ownClusters(
  { reachable, port, settings }: PortInput,
  origins: readonly Origin[],
): readonly Resource[] {
  const balanced = resourceOf('cluster', serviceCluster(reachable, port, settings), origins);
  if (!reachable.service.headless) return [balanced];
  return [balanced, resourceOf('cluster', podAddressCluster(reachable, port, settings), origins)];
}

/** A split shapes routes; endpoints and clusters owe nothing to it. */
function withoutSplit({ origins, split }: ReachableService): readonly Origin[] {
  if (split === undefined) return origins;
  const keys = new Set(split.origins.map(originKey));
  return origins.filter((origin) => !keys.has(originKey(origin)));
}
