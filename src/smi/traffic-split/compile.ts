import type { TrafficSplit } from '../../api/gen/traffic-split.ts';
import type { Diagnostic } from '../../policy/diagnostic.ts';
import type { MeshService, ServiceKey } from '../../policy/service.ts';
import type { Split, SplitBackend } from '../../policy/split.ts';
import { byAge } from '../../cluster/by-age.ts';
import { refuse, warn } from '../../cluster/diagnose.ts';
import type { ReadTrafficSplit } from './read.ts';

export interface CompiledSplits {
  readonly splits: ReadonlyMap<ServiceKey, Split>;
  readonly diagnostics: readonly Diagnostic[];
}

export interface SplitInput {
  /** The TrafficSplits of one namespace. */
  readonly objects: readonly TrafficSplit[];
  /** The reading of each TrafficSplit, by name. */
  readonly readings: ReadonlyMap<string, ReadTrafficSplit>;
  readonly services: ReadonlyMap<ServiceKey, MeshService>;
}

/**
 * The most backends of all splits of a namespace, each times the ports of its apex: each caller's proxy holds that
 * many.
 */
const maxSharesOfNamespace = 16_384;

/**
 * The splits of a namespace, by apex. Of several splits with one apex the oldest is in force; of the same age, the
 * first by name.
 */
export function compileSplits({ objects, readings, services }: SplitInput): CompiledSplits {
  const splits = new Map<ServiceKey, Split>();
  const diagnostics: Diagnostic[] = [];
  const winners = new Map<ServiceKey, string>();
  let shares = 0;
  for (const object of [...objects].sort(byAge)) {
    shares += backendsIn(object);
    if (shares > maxSharesOfNamespace) {
      diagnostics.push(tooWide(object));
      continue;
    }
    const read = readings.get(object.metadata.name);
    diagnostics.push(...(read?.diagnostics ?? []));
    if (read?.split === undefined) continue;
    const { apex } = read.split;
    const winner = winners.get(apex);
    if (winner !== undefined) {
      diagnostics.push(conflict(object, apex, winner));
      continue;
    }
    winners.set(apex, object.metadata.name);
    const split = withPorts(read.split, services);
    shares += sharesOf(split);
    if (shares > maxSharesOfNamespace) {
      diagnostics.push(tooWide(object));
      continue;
    }
    splits.set(apex, split);
    diagnostics.push(...unresolvedBackends(object, split, services));
  }
  return { splits: new Map([...splits].sort(([a], [b]) => (a < b ? -1 : 1))), diagnostics };
}

function conflict(object: TrafficSplit, apex: ServiceKey, winner: string): Diagnostic {
  return refuse(
    object,
    'split-conflict',
    `TrafficSplit ${winner}, which is older, already splits service ${apex}; merge the two objects, or delete one of them`,
  );
}

function withPorts(split: Split, services: ReadonlyMap<ServiceKey, MeshService>): Split {
  const apexPorts = services.get(split.apex)?.ports.map(({ port }) => port) ?? [];
  const backends = split.backends.map((backend): SplitBackend => {
    const offered = services.get(backend.service)?.ports.map(({ port }) => port) ?? [];
    return { ...backend, ports: apexPorts.filter((port) => offered.includes(port)) };
  });
  return { ...split, backends };
}

/** The number of backends, of an object that may be malformed. */
function backendsIn({ spec }: { readonly spec?: { readonly backends?: unknown } }): number {
  return Array.isArray(spec?.backends) ? spec.backends.length : 0;
}

function sharesOf({ backends }: Split): number {
  return backends.reduce((sum, { ports }) => sum + ports.length, 0);
}

function tooWide(object: TrafficSplit): Diagnostic {
  const most = String(maxSharesOfNamespace);
  const message = `spec.backends: ${String(backendsIn(object))} backends, each counted at every port of the apex, exceed ${most} together with older TrafficSplits, the limit of a namespace, so Weft splits nothing and calls go to the pods of the apex: name fewer backends, or delete unused TrafficSplits`;
  return refuse(object, 'split-too-wide', message);
}

/** Warnings for an apex, backends and ports that lead nowhere, at least for now. */
function unresolvedBackends(
  object: TrafficSplit,
  split: Split,
  services: ReadonlyMap<ServiceKey, MeshService>,
): readonly Diagnostic[] {
  const apex = services.get(split.apex);
  if (apex === undefined) {
    return [
      warn(
        object,
        'split-apex-missing',
        `spec.service: there is no service ${split.apex} in the mesh (Services of type ExternalName do not count), so clients cannot call it; create it, or correct the name`,
      ),
    ];
  }
  return split.backends.flatMap((backend) => {
    if (!services.has(backend.service)) {
      return [
        warn(
          object,
          'split-backend-missing',
          `spec.backends: there is no service ${backend.service} in the mesh (Services of type ExternalName do not count), so it gets no calls until it is created; create it, or correct the name`,
        ),
      ];
    }
    const lacking = apex.ports.map(({ port }) => port).filter((p) => !backend.ports.includes(p));
    if (lacking.length === 0) return [];
    return [
      warn(
        object,
        'split-backend-port-missing',
        `spec.backends: service ${backend.service} lacks port ${lacking.join(', ')} of service ${split.apex}, so it gets no calls at that port; add a port with the same number`,
      ),
    ];
  });
}
