// Input: the services, splits and rules of a model. Output: for one identity the services it may
// call. Rule: a service is in reach when some rule lets the caller reach an identity behind it; the
// apex of a split, when one of its backends is. Membership of an apex grants nothing.
import type { IdentityKey } from './identity.ts';
import type { MeshModel } from './mesh-model.ts';
import type { Origin } from './origin.ts';
import type { MeshService, ServiceKey } from './service.ts';
import type { Split } from './split.ts';
import type { ReachableService } from './view.ts';

/** An index over a model: which identity may call which service. */
export interface ReachIndex {
  readonly model: Pick<MeshModel, 'services' | 'splits' | 'rules' | 'settings'>;
  /** By source, then destination: the TrafficTargets that let the source reach the destination. */
  readonly opened: ReadonlyMap<IdentityKey, ReadonlyMap<IdentityKey, readonly Origin[]>>;
  readonly servicesOf: ReadonlyMap<IdentityKey, readonly MeshService[]>;
  readonly splitsOf: ReadonlyMap<ServiceKey, readonly Split[]>;
}

export function indexReach({ services, splits, rules, settings }: MeshModel): ReachIndex {
  const model = { services, splits, rules, settings };
  const opened = new Map<IdentityKey, Map<IdentityKey, Origin[]>>();
  for (const rule of [...model.rules.values()].flat()) {
    for (const source of rule.sources) {
      const destinations = getOrAdd(opened, source, () => new Map<IdentityKey, Origin[]>());
      getOrAdd(destinations, rule.destination, () => []).push(...rule.origins.slice(0, 1));
    }
  }
  const servicesOf = new Map<IdentityKey, MeshService[]>();
  for (const service of model.services.values()) {
    for (const account of service.accounts) getOrAdd(servicesOf, account, () => []).push(service);
  }
  const splitsOf = new Map<ServiceKey, Split[]>();
  for (const split of model.splits.values()) {
    for (const backend of split.backends) getOrAdd(splitsOf, backend.service, () => []).push(split);
  }
  return { model, opened, servicesOf, splitsOf };
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const added = make();
  map.set(key, added);
  return added;
}

/**
 * What the account may call, sorted by service. `inputs` are all objects that the answer depends on: while they are the
 * very same objects, the answer is the same.
 */
export function reachOf(
  index: ReachIndex,
  account: IdentityKey,
): { readonly inputs: readonly unknown[]; readonly services: () => readonly ReachableService[] } {
  const { splits, services, settings } = index.model;
  if (settings.permissive) {
    const open = (service: MeshService): ReachableService => {
      const split = dropEmptyBackends(splits.get(service.key));
      return { service, accounts: service.accounts, split, origins: split?.origins ?? [] };
    };
    return {
      inputs: ['permissive', services, splits],
      services: () => [...services.values()].map(open),
    };
  }
  const opened = index.opened.get(account) ?? nothingOpened;
  const inReach = servicesInReach(index, opened);
  const shaping = inReach.flatMap((service) => {
    const split = dropEmptyBackends(splits.get(service.key));
    return split === undefined ? [service] : [service, split, ...backendsOf(index, split)];
  });
  return {
    inputs: [...[...opened.values()].flat(), ...shaping],
    services: () => inReach.map((service) => reachable(index, opened, service)),
  };
}

type Opened = ReadonlyMap<IdentityKey, readonly Origin[]>;

const nothingOpened: Opened = new Map();

function reachable(index: ReachIndex, opened: Opened, service: MeshService): ReachableService {
  const split = dropEmptyBackends(index.model.splits.get(service.key));
  const accounts = service.accounts.filter((one) => opened.has(one));
  const origins = new Set<Origin>();
  for (const behind of [service, ...backendsOf(index, split)]) {
    for (const one of behind.accounts) for (const o of opened.get(one) ?? []) origins.add(o);
  }
  for (const origin of split?.origins ?? []) origins.add(origin);
  return {
    service,
    accounts: accounts.length === service.accounts.length ? service.accounts : accounts,
    split,
    origins: [...origins],
  };
}

function servicesInReach(index: ReachIndex, opened: Opened): readonly MeshService[] {
  const found = new Map<ServiceKey, MeshService>();
  for (const destination of opened.keys()) {
    for (const service of index.servicesOf.get(destination) ?? []) found.set(service.key, service);
  }
  for (const backend of [...found.keys()]) {
    for (const split of index.splitsOf.get(backend) ?? []) {
      const apex = index.model.services.get(split.apex);
      if (apex !== undefined) found.set(apex.key, apex);
    }
  }
  return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function backendsOf(index: ReachIndex, split: Split | undefined): readonly MeshService[] {
  return (split?.backends ?? []).flatMap(
    (backend) => index.model.services.get(backend.service) ?? [],
  );
}

const offers = new WeakMap<Split, Split>();

/** The split without the backends that offer none of the apex's ports, such as backends that do not exist yet. */
function dropEmptyBackends(split: Split | undefined): Split | undefined {
  if (split === undefined || split.backends.every((backend) => backend.ports.length > 0)) {
    return split;
  }
  const known = offers.get(split);
  if (known !== undefined) return known;
  const backends = split.backends.filter((backend) => backend.ports.length > 0);
  const reduced = { ...split, backends };
  offers.set(split, reduced);
  return reduced;
}
