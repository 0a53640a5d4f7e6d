import { onceFor } from '../../common/once-for.ts';
import type { Filter } from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import { type PortKey, portKey } from '../../policy/endpoints.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { type Origin, originKey } from '../../policy/origin.ts';
import { type MeshServicePort, isHttp } from '../../policy/service.ts';
import type { ReachableService } from '../../policy/view.ts';
import { type BuiltResource, builtResource } from './built-resource.ts';
import { serviceCluster } from './clusters.ts';
import { type Around, isOpen } from './destination.ts';
import { tcpExtension } from './outbound-listener.ts';
import { type RouteInput, outboundRoutes } from './routes-outbound.ts';

/** The endpoints that a cluster needs: those of a port, with these identities. */
export interface EndpointWant {
  readonly key: PortKey;
  readonly accounts: readonly IdentityKey[];
}

/** The filter in the listener of one pod's address. */
export interface PodFilter {
  /** The name of the route table or the extension that the filter names; undefined when it names none. */
  readonly name: string | undefined;
  readonly filter: Filter;
}

/** A port whose endpoints each have a separate listener at their address. */
export interface PodPort extends EndpointWant {
  /** For endpoints with a sidecar, of one of the `accounts`. */
  readonly mesh: PodFilter | undefined;
  /** For pods without a sidecar. */
  readonly plain: PodFilter | undefined;
  readonly origins: readonly Origin[];
}

/** A listener and the addresses (`<ip> <port>`) that it takes. No two listeners may take the same address. */
export interface BoundListener<R> {
  readonly resource: R;
  readonly addresses: readonly string[];
}

/** What a caller needs to reach one service. */
export interface BuiltService {
  readonly listeners: readonly BoundListener<BuiltResource<'listener'>>[];
  readonly routes: readonly BuiltResource<'route'>[];
  readonly extensions: readonly BuiltResource<'extension'>[];
  readonly clusters: readonly BuiltResource<'cluster'>[];
  readonly wants: readonly EndpointWant[];
  readonly pods: readonly PodPort[];
}

export interface PortInput extends Around {
  readonly reachable: ReachableService;
  readonly port: MeshServicePort;
}

/** The cluster of all endpoints of a port, and the endpoints that it needs. */
export function balancedCluster({
  reachable,
  port,
  settings,
}: PortInput): Pick<BuiltService, 'clusters' | 'wants'> {
  if (!isOpen(reachable, settings)) return { clusters: [], wants: [] };
  const cluster = serviceCluster(reachable, port, settings);
  return {
    clusters: [builtResource('cluster', cluster, originsWithoutSplit(reachable))],
    wants: [{ key: portKey(reachable.service.key, port.port), accounts: reachable.accounts }],
  };
}

/** The resource that leads a port to its clusters, apart from the listener: a route table, or a TCP extension. */
export function leadingResource(
  { reachable, port, settings }: PortInput,
  to: Omit<RouteInput, 'settings'>,
): Pick<BuiltService, 'routes' | 'extensions'> {
  const { origins } = reachable;
  if (!isHttp(port.protocol))
    return { routes: [], extensions: [tcpExtension(to.name, to.clusters, origins)] };
  const routes = outboundRoutes(reachable, { ...to, settings });
  return { routes: [builtResource('route', routes, origins)], extensions: [] };
}

/** The key of an address, that distinguishes listeners. */
export function boundAddress(address: string, port: number): string {
  return `${address} ${port}`;
}

/** The origins without those of the split, which affects only routes and TCP extensions. */
export function originsWithoutSplit(reachable: ReachableService): readonly Origin[] {
  return reachable.split === undefined ? reachable.origins : others(reachable);
}

/** One list, shared by all ports. */
const others = onceFor(({ origins, split }: ReachableService): readonly Origin[] => {
  const keys = new Set(split?.origins.map(originKey));
  return origins.filter((origin) => !keys.has(originKey(origin)));
});
