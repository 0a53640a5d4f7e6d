import { meshCluster, podCluster, refusedCluster } from '../../envoy/names.ts';
import type { MeshServicePort, ServiceKey } from '../../policy/service.ts';
import type { ReachableService } from '../../policy/view.ts';

/** A cluster and its share of the traffic. */
export interface WeightedCluster {
  readonly name: string;
  readonly weight: number;
}

/** How to find the other services of a view: a split names some of them. */
export type ServiceLookup = (key: ServiceKey) => ReachableService | undefined;

const maxTotalWeight = 0xffffffff;

/**
 * Where a port's traffic goes: never empty, weights at least 1 with a sum that Envoy can hold.
 * A share that may not be served (a backend closed to the caller, a split of zeros) is refused
 * rather than given to somebody else.
 */
export function destinations(
  reachable: ReachableService,
  port: MeshServicePort,
  lookup: ServiceLookup,
): readonly WeightedCluster[] {
  const { split } = reachable;
  const backends = (split?.backends ?? []).filter((backend) => backend.ports.includes(port.port));
  if (backends.length === 0) return [{ name: ownCluster(reachable, port), weight: 1 }];
  const shares = new Map<string, number>();
  for (const backend of backends) {
    if (backend.weight <= 0) continue;
    const target = lookup(backend.service);
    const name = isOpen(target, port) ? meshCluster(backend.service, port.port) : refusedCluster;
    shares.set(name, (shares.get(name) ?? 0) + backend.weight);
  }
  if (shares.size === 0) return [{ name: refusedCluster, weight: 1 }];
  return scaled([...shares].map(([name, weight]) => ({ name, weight })));
}

/** Where a port leads without a split: for a headless service, to the very pod that was dialled. */
function ownCluster({ service, accounts }: ReachableService, port: MeshServicePort): string {
  if (accounts.length === 0) return refusedCluster;
  return service.headless
    ? podCluster(service.key, port.port)
    : meshCluster(service.key, port.port);
}

function isOpen(target: ReachableService | undefined, { port }: MeshServicePort): boolean {
  if (target === undefined || target.accounts.length === 0) return false;
  return target.service.ports.some((other) => other.port === port);
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
