// Input: all Pods and Services of the cluster, inside and outside the mesh. Output: the holders of each address. Rule:
// a Service's addresses are those that the API server gave it. A pod's addresses are those of its status, unless they
// are disputed: the kubelet writes the status, but so can every user with the right to do so. A change costs the
// objects of the namespaces that changed (docs/decisions/0075).
import { onceFor } from '../common/once-for.ts';
import type { Pod, Service } from '../api/core.ts';
import type { ByName, ClusterSnapshot, NamespaceSnapshot } from '../cluster/snapshot.ts';
import { isOneHost } from '../common/ip-address.ts';
import { type Disputes, isOwn, resolveClaims, noDisputes } from './address-claims.ts';
import { isPlaced } from './pod-state.ts';

/** The holders of each address, in order of namespace and name; mostly one. */
type Holders<T> = ReadonlyMap<string, readonly T[]>;

export interface AddressBook {
  readonly input: ClusterSnapshot['namespaces'];
  /** Pods whose status names an address, including those on their node's network. */
  readonly pods: Holders<Pod>;
  readonly services: Holders<Service>;
  /** The very same while no dispute begins, ends or changes. */
  readonly disputes: Disputes;
}

const noAddresses: ReadonlySet<string> = new Set();
const nothing: AddressBook = {
  ...{ input: new Map(), pods: new Map(), services: new Map() },
  disputes: noDisputes,
};

/** The book of the snapshot, and the addresses whose holders changed. */
export function keepAddressBook(
  { namespaces }: Pick<ClusterSnapshot, 'namespaces'>,
  before: AddressBook = nothing,
): { readonly book: AddressBook; readonly changed: ReadonlySet<string> } {
  if (before.input === namespaces) return { book: before, changed: noAddresses };
  const changed = new Set<string>();
  const pods = new Page(before.pods, podAddresses, changed);
  const services = new Page(before.services, serviceAddresses, changed);
  for (const [earlier, now] of changedNamespaces(before.input, namespaces)) {
    pods.turn(earlier?.Pod, now?.Pod);
    services.turn(earlier?.Service, now?.Service);
  }
  const claims = { pods: pods.holders, services: services.holders };
  const disputes = resolveClaims(claims, changed, before.disputes);
  return { book: { input: namespaces, ...claims, disputes }, changed };
}

/** The addresses that are a pod's own. */
export function ownAddresses(
  pod: Pod,
  { disputes }: Pick<AddressBook, 'disputes'>,
): readonly string[] {
  return podAddresses(pod).filter((address) => isOwn(address, pod, disputes));
}

/** The addresses in a pod's status: none before it is on a node, and none when it is finished. */
export const podAddresses = onceFor((pod: Pod): readonly string[] => {
  if (!isPlaced(pod)) return [];
  const { podIP, podIPs } = pod.status ?? {};
  const all = [...(podIP === undefined ? [] : [podIP]), ...(podIPs ?? []).map(({ ip }) => ip)];
  return [...new Set(all)].filter(isOneHost);
});

/** The addresses that the API server gave the service, one per family. */
export function serviceAddresses({ spec }: Service): readonly string[] {
  if (spec.type === 'ExternalName') return [];
  const written = spec.clusterIPs ?? [spec.clusterIP ?? ''];
  return written.filter((ip) => ip !== '' && ip !== 'None');
}

type Namespaces = ReadonlyMap<string, NamespaceSnapshot>;

/** The namespaces that changed, as they were and as they are. */
function changedNamespaces(
  before: Namespaces,
  after: Namespaces,
): readonly (readonly [NamespaceSnapshot | undefined, NamespaceSnapshot | undefined])[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names]
    .map((name) => [before.get(name), after.get(name)] as const)
    .filter(([earlier, now]) => earlier !== now);
}

/** One map of the book, copied at its first change. */
class Page<T extends Pod | Service> {
  holders: Holders<T>;
  #draft: Map<string, readonly T[]> | undefined;
  readonly #addressesOf: (object: T) => readonly string[];
  readonly #changed: Set<string>;

  constructor(
    holders: Holders<T>,
    addressesOf: (object: T) => readonly string[],
    changed: Set<string>,
  ) {
    this.holders = holders;
    this.#addressesOf = addressesOf;
    this.#changed = changed;
  }

  /** The objects of one namespace, as they were and as they are. */
  turn(before: ByName<T> = new Map(), after: ByName<T> = new Map()): void {
    if (before === after) return;
    for (const [name, object] of before) {
      if (after.get(name) !== object)
        this.#each(object, (list) => list.filter((o) => o !== object));
    }
    const longer = new Set<string>();
    for (const [name, object] of after) {
      if (before.get(name) === object) continue;
      this.#each(object, (list) => [...list, object]);
      for (const address of this.#addressesOf(object)) longer.add(address);
    }
    // Each address is sorted once: very many pods may claim one address.
    for (const address of longer) this.#sort(address);
  }

  #sort(address: string): void {
    const list = this.#draft?.get(address) ?? [];
    if (list.length > 1) this.#draft?.set(address, [...list].sort(byPlace));
  }

  #each(object: T, edit: (holders: readonly T[]) => readonly T[]): void {
    for (const address of this.#addressesOf(object)) {
      this.#draft ??= new Map(this.holders);
      this.holders = this.#draft;
      const list = edit(this.#draft.get(address) ?? []);
      if (list.length === 0) this.#draft.delete(address);
      else this.#draft.set(address, list);
      this.#changed.add(address);
    }
  }
}

function byPlace(a: Pod | Service, b: Pod | Service): number {
  return placeOf(a) < placeOf(b) ? -1 : 1;
}

function placeOf({ metadata }: Pod | Service): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
