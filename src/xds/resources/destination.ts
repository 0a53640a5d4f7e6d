import { meshCluster, podCluster, refusedCluster } from '../../envoy/names.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import type { MeshServicePort, ServiceKey } from '../../policy/service.ts';
import type { ReachableService } from '../../policy/view.ts';

/** A cluster and its share of the traffic. */
export interface WeightedCluster {
  readonly name: string;
  readonly weight: number;
}

/** Finds the other services of a view, because a split names some of them. */
export type ServiceLookup = (key: ServiceKey) => ReachableService | undefined;

export interface Around {
  readonly lookup: ServiceLookup;
  readonly settings: MeshSettings;
}

const maxTotalWeight = 0xffffffff;

/**
 * The clusters that a port's traffic goes to: never empty, each weight at least 1, with a sum that Envoy can hold. A
 * share that may not be served (a backend closed to the caller, a split of zeros) is refused; no other backend gets it.
 * `own`: the cluster with the service's own pods.
 */
export function weighDestinations(
  reachable: ReachableService,
  port: MeshServicePort,
  { lookup, settings, own }: Around & { readonly own?: string | undefined },
): readonly WeightedCluster[] {
  const { split } = reachable;
  const backends = (split?.backends ?? []).filter((backend) => backend.ports.includes(port.port));
  if (backends.length === 0) {
    return [{ name: own ?? ownCluster(reachable, port, settings), weight: 1 }];
  }
  const shares = new Map<string, number>();
  for (const backend of backends) {
    if (backend.weight <= 0) continue;
    const name = backendCluster(lookup(backend.service), port, settings);
    shares.set(name, (shares.get(name) ?? 0) + backend.weight);
  }
  if (shares.size === 0) return [{ name: refusedCluster, weight: 1 }];
  return scaled([...shares].map(([name, weight]) => ({ name, weight })));
}

/** The cluster of a port without a split; for a headless service, the very pod that was dialled. */
function ownCluster(
  reachable: ReachableService,
  port: MeshServicePort,
  settings: MeshSettings,
): string {
  const { service } = reachable;
  if (!isOpen(reachable, settings)) return refusedCluster;
  return service.headless
    ? podCluster(service.key, port.port)
    : meshCluster(service.key, port.port);
}

function backendCluster(
  backend: ReachableService | undefined,
  { port }: MeshServicePort,
  settings: MeshSettings,
): string {
  if (backend === undefined || !isOpen(backend, settings)) return refusedCluster;
  const offers = backend.service.ports.some((other) => other.port === port);
  return offers ? meshCluster(backend.service.key, port) : refusedCluster;
}

/**
 * Whether any endpoint of the service may be called. In permissive mode this includes endpoints without an identity,
 * which have no sidecar.
 */
export function isOpen({ accounts }: ReachableService, { permissive }: MeshSettings): boolean {
  return permissive || accounts.length > 0;
}

function scaled(clusters: readonly WeightedCluster[]): readonly WeightedCluster[] {
  const total = clusters.reduce((sum, { weight }) => sum + weight, 0);
  if (total <= maxTotalWeight) return clusters;
  const factor = (maxTotalWeight - clusters.length) / total;
  return clusters.map(({ name, weight }) => ({
    name,
    weight: Math.max(1, Math.floor(weight * factor)),
  }));
}
