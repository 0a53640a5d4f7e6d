// Input: all Pods and Services of the cluster, of the mesh or not. Output: who has which address.
// Rule: a service's addresses are those that the API server gave it. A pod's are those of its status, as
// far as nobody disputes them: a kubelet writes it, and so can whoever has rights to it. A change costs
// the objects of the namespaces that changed.
import type { Pod, Service } from '../api/core.ts';
import type { ByName, ClusterSnapshot, NamespaceSnapshot } from '../cluster/snapshot.ts';
import { isOneHost } from '../common/ip-address.ts';
import { type Disputes, isOwn, judgeClaims, noDisputes } from './address-claims.ts';
import { isPlaced } from './pod-state.ts';

/** Who has which address, in order of namespace and name; mostly one has it. */
type Holders<T> = ReadonlyMap<string, readonly T[]>;

export interface AddressBook {
  readonly input: ClusterSnapshot['namespaces'];
  /** Pods that say to have an address, those on their node's network too. */
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

/** The book of the snapshot, and the addresses whose holders are others than before. */
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
  const disputes = judgeClaims(claims, changed, before.disputes);
  return { book: { input: namespaces, ...claims, disputes }, changed };
}

/** The addresses that are a pod's own. */
export function ownAddresses(
  pod: Pod,
  { disputes }: Pick<AddressBook, 'disputes'>,
): readonly string[] {
  return podAddresses(pod).filter((address) => isOwn(address, pod, disputes));
}

/** The addresses that a pod says to have: none before it is on a node, and none when it is finished. */
export function podAddresses(pod: Pod): readonly string[] {
  if (!isPlaced(pod)) return [];
  const { podIP, podIPs } = pod.status ?? {};
  const all = [...(podIP === undefined ? [] : [podIP]), ...(podIPs ?? []).map(({ ip }) => ip)];
  return [...new Set(all)].filter(isOneHost);
}

/** What the API server gave the service, one address a family. */
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

/** One map of the book, copied when its first line changes. */
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
    // Once each: very many may say to have one address.
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
