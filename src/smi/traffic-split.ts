import type { TrafficSplit } from '../api/gen/traffic-split.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { type MeshService, type ServiceKey, serviceKey } from '../policy/service.ts';
import type { ReadScope } from '../policy/policy-reader.ts';
import type { Split, SplitBackend } from '../policy/split.ts';
import { byAge } from '../cluster/by-age.ts';
import { originOf, refuse, warn } from '../cluster/diagnose.ts';
import { fields, integer, list, text } from '../common/shape.ts';

export interface CompiledSplits {
  readonly splits: ReadonlyMap<ServiceKey, Split>;
  readonly diagnostics: readonly Diagnostic[];
}

export interface SplitInput {
  /** The TrafficSplits of one namespace. */
  readonly objects: readonly TrafficSplit[];
  /** What reading each says, by its name. */
  readonly readings: ReadonlyMap<string, ReadTrafficSplit>;
  readonly services: ReadonlyMap<ServiceKey, MeshService>;
}

/**
 * The most backends of all splits of a namespace, each times the ports of its apex: each caller's proxy holds that
 * many.
 */
const maxSharesOfNamespace = 16_384;

/**
 * The splits of a namespace, by apex. Of several with one apex the oldest is in force; of the same age, the first by
 * name.
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

/** A TrafficSplit, read without the services that it names. */
export interface ReadTrafficSplit {
  readonly split: Split | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a TrafficSplit without the services that it names: the split, or what is wrong with it. Without a cluster
 * domain, any domain is accepted.
 */
export function readSplit(object: TrafficSplit, { clusterDomain }: ReadScope): ReadTrafficSplit {
  const problem = refusalOf(object, clusterDomain);
  if (problem !== undefined) return { split: undefined, diagnostics: [problem] };
  const { service, backends } = object.spec;
  const keyOf = (written: string): ServiceKey => {
    const namespace = object.metadata.namespace ?? '';
    return serviceKey(namespace, localName(written, namespace, clusterDomain) ?? '');
  };
  const weights = new Map<ServiceKey, number>();
  for (const backend of backends) {
    const key = keyOf(backend.service);
    weights.set(key, (weights.get(key) ?? 0) + backend.weight);
  }
  const split: Split = {
    origins: [originOf(object)],
    apex: keyOf(service),
    backends: [...weights].map(([key, weight]) => ({ service: key, weight, ports: [] })),
  };
  return { split, diagnostics: [] };
}

const shape = fields({
  service: text,
  backends: list(fields({ service: text, weight: integer(0, 2 ** 32 - 1) })),
  'matches?': list(fields({})),
});

function refusalOf(
  object: TrafficSplit,
  clusterDomain: string | undefined,
): Diagnostic | undefined {
  const malformed = shape(object.spec, 'spec');
  if (malformed !== undefined) return refuse(object, 'object-malformed', malformed);
  const { backends, matches = [], service } = object.spec;
  if (matches.length > 0) {
    return refuse(
      object,
      'split-matches-unsupported',
      'spec.matches is not supported yet, and to split every request instead would be another thing than you asked for: remove spec.matches to split all requests',
    );
  }
  const namespace = object.metadata.namespace ?? '';
  const written = [service, ...backends.map((backend) => backend.service)];
  const stranger = written.find((one) => localName(one, namespace, clusterDomain) === undefined);
  if (stranger !== undefined) {
    return refuse(
      object,
      'object-malformed',
      `${stranger === service ? 'spec.service' : 'spec.backends'}: "${stranger}" does not name a service of namespace ${namespace}; a split and all its services share one namespace`,
    );
  }
  return weightRefusal(object);
}

function weightRefusal(object: TrafficSplit): Diagnostic | undefined {
  const sum = object.spec.backends.reduce((total, backend) => total + backend.weight, 0);
  if (sum === 0) {
    return refuse(
      object,
      'split-without-weight',
      'spec.backends: all weights are 0, so no backend would get a call; give at least one backend a weight above 0',
    );
  }
  if (sum < 2 ** 32) return undefined;
  return refuse(
    object,
    'object-malformed',
    'spec.backends: the sum of all weights is above 4294967295; weights are relative, so divide them all by one number',
  );
}

/**
 * The own name of a service in `namespace`, from `svc`, `svc.ns`, `svc.ns.svc` … up to the full name; undefined
 * otherwise.
 */
function localName(
  written: string,
  namespace: string,
  clusterDomain: string | undefined,
): string | undefined {
  const [name = '', ...rest] = written.split('.');
  const expected = [namespace, 'svc', ...(clusterDomain ?? rest.slice(2).join('.')).split('.')];
  const local = rest.every((label, index) => label === expected[index]);
  return local && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name) ? name : undefined;
}

function conflict(object: TrafficSplit, apex: ServiceKey, winner: string): Diagnostic {
  return refuse(
    object,
    'split-conflict',
    `TrafficSplit ${winner}, which is older, already splits service ${apex}; merge the two into one object, or delete one`,
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
  const message = `spec.backends: its ${String(backendsIn(object))} backends, at each port of the apex, are with those of older TrafficSplits more than the ${most} that the mesh holds of one namespace, so it splits nothing, and calls go to the pods of the apex itself: name fewer backends, or delete TrafficSplits that nobody needs`;
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
        `spec.service: there is no service ${split.apex} in the mesh (a Service of type ExternalName is none), so nobody can call it; create it, or correct the name`,
      ),
    ];
  }
  return split.backends.flatMap((backend) => {
    if (!services.has(backend.service)) {
      return [
        warn(
          object,
          'split-backend-missing',
          `spec.backends: there is no service ${backend.service} in the mesh (a Service of type ExternalName is none), so it gets no calls until it is created; create it, or correct the name`,
        ),
      ];
    }
    const lacking = apex.ports.map(({ port }) => port).filter((p) => !backend.ports.includes(p));
    if (lacking.length === 0) return [];
    return [
      warn(
        object,
        'split-backend-port-missing',
        `spec.backends: service ${backend.service} has no port ${lacking.join(', ')} as service ${split.apex} has, so it gets no calls there; give it a port of the same number`,
      ),
    ];
  });
}
