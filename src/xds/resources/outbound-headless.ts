// Input: one port of a reachable headless service. Output: its resources. Rule: callers use the addresses of its pods,
// and each address has a separate listener. The pod that was dialled is reached, by mTLS, or in plaintext where it has
// no sidecar.
import {
  outboundName,
  plainPodCluster,
  plainPodRoutes,
  podCluster,
  serviceFqdn,
} from '../../envoy/names.ts';
import { portKey } from '../../policy/endpoints.ts';
import { type BuiltResource, builtResource } from './built-resource.ts';
import { plainPodAddressCluster, podAddressCluster } from './clusters.ts';
import { weighDestinations, isOpen } from './destination.ts';
import {
  type PodFilter,
  type PortInput,
  type BuiltService,
  balancedCluster,
  leadingResource,
  originsWithoutSplit,
} from './service-part.ts';
import { buildTerminalFilter } from './outbound-listener.ts';

export function translateHeadlessPort(given: PortInput): BuiltService {
  const { reachable, port, settings } = given;
  const { service, split } = reachable;
  const { clusters, wants } = balancedCluster(given);
  const mesh = wayOf(given, outboundName(service.key, port.port), podWay(given));
  const plain = settings.permissive
    ? wayOf(given, plainPodRoutes(service.key, port.port), plainWay(given))
    : undefined;
  return {
    listeners: [],
    routes: [...mesh.routes, ...(plain?.routes ?? [])],
    extensions: [...mesh.extensions, ...(plain?.extensions ?? [])],
    clusters: [...clusters, ...mesh.clusters, ...(plain?.clusters ?? [])],
    wants,
    pods: [
      {
        key: portKey(service.key, port.port),
        // A split leads away from the pods that are dialled, so it also works at pods that are closed to the caller.
        accounts: split === undefined ? reachable.accounts : service.accounts,
        mesh: mesh.pod,
        plain: plain?.pod,
        origins: originsWithoutSplit(reachable),
      },
    ],
  };
}

/** How dialled pods are reached: their cluster, if they may be reached at all, and its name. */
interface Way {
  readonly name: string | undefined;
  readonly clusters: readonly BuiltResource<'cluster'>[];
}

function podWay({ reachable, port, settings }: PortInput): Way {
  if (!isOpen(reachable, settings)) return { name: undefined, clusters: [] };
  const cluster = podAddressCluster(reachable, port, settings);
  return {
    name: podCluster(reachable.service.key, port.port),
    clusters: [builtResource('cluster', cluster, originsWithoutSplit(reachable))],
  };
}

function plainWay({ reachable, port }: PortInput): Way {
  const cluster = plainPodAddressCluster(reachable, port);
  return {
    name: plainPodCluster(reachable.service.key, port.port),
    clusters: [builtResource('cluster', cluster, originsWithoutSplit(reachable))],
  };
}

interface Dialled extends Pick<BuiltService, 'routes' | 'extensions' | 'clusters'> {
  readonly pod: PodFilter;
}

/** `name` is the name of the route table or the extension. */
function wayOf(given: PortInput, name: string, way: Way): Dialled {
  const { reachable, port, settings } = given;
  const clusters = weighDestinations(reachable, port, { ...given, own: way.name });
  const host = serviceFqdn(reachable.service.key, settings.clusterDomain);
  return {
    clusters: way.clusters,
    pod: { name, filter: buildTerminalFilter({ name, host }, port) },
    ...leadingResource(given, { name, clusters, pods: way.name }),
  };
}
