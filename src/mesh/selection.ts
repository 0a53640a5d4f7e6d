// Input: the Services, Pods and EndpointSlices of a namespace. Output: the pods behind each service, by service name.
// Rule: a service is compiled again only when it, or a pod or slice of it, changed. A service is skipped when older
// ones already lead to the most pods that a namespace may have behind its ports.
import type { Pod, Service } from '../api/core.ts';
import type { ByName, NamespaceSnapshot } from '../cluster/snapshot.ts';
import type { AddressBook } from './address-book.ts';
import type { Behind } from './behind.ts';
import { byAge } from '../cluster/by-age.ts';
import { onceFor } from '../common/once-for.ts';
import { isFinished } from './pod-state.ts';
import { hasPorts, tcpPorts } from './port-bounds.ts';
import { changedItems, sameEntries, sameItems, shareMap } from '../common/remember.ts';
import { nameAddress, type NamespaceSlices, noSlices, type ServiceSlices } from './slices.ts';
import { writtenPorts } from './written-ports.ts';

interface Remembered {
  readonly service: Service;
  readonly slices: ServiceSlices;
  readonly selected: readonly Pod[];
  readonly behind: Behind;
}

/** The most pods behind ports: the sum, over all ports of a namespace's Services, of the pods that a port leads to. */
export const maxPodsBehindNamespace = 32_768;

/** The pods behind the services of a namespace. */
export interface Selection {
  readonly input: NamespaceSnapshot;
  readonly memory: ReadonlyMap<string, Remembered>;
  /** In order of service names. */
  readonly behind: ReadonlyMap<string, Behind>;
  /** Names of services for which no pods were selected, because older ones already exceed the bound. */
  readonly beyond: ReadonlySet<string>;
}

export interface SelectionInput {
  readonly input: NamespaceSnapshot;
  readonly slices: NamespaceSlices;
  readonly book: AddressBook;
  /** Addresses whose holders changed since the last compile. */
  readonly changed: ReadonlySet<string>;
}

export function selectPods(given: SelectionInput, before?: Selection): Selection {
  const { input, slices } = given;
  const pods = before === undefined ? [] : changedItems(before.input.Pod, input.Pod);
  const memory = new Map<string, Remembered>();
  const beyond = new Set<string>();
  const { aged, names } = inOrder(input.Service);
  let sum = 0;
  for (const service of aged) {
    const { name } = service.metadata;
    if (sum > maxPodsBehindNamespace) {
      beyond.add(name);
      continue;
    }
    const own = slices.byService.get(name) ?? noSlices;
    const entry = lookAgain({ service, slices: own, pods }, given, before?.memory.get(name));
    memory.set(name, entry);
    sum += entry.behind.pods.length * Math.max(1, tcpPorts(service).length);
  }
  const behind = new Map(names.map((name) => [name, memory.get(name)?.behind ?? nothingBehind]));
  const shared = before !== undefined && sameEntries(before.behind, behind);
  return {
    ...{ input, memory, behind: shared ? before.behind : behind },
    beyond: shareNames(before?.beyond ?? none, beyond),
  };
}

const none: ReadonlySet<string> = new Set();
const nothingBehind: Behind = { pods: [], unselected: none, written: new Map() };

/** The Services that lead to pods, by age, and their names in order. */
const inOrder = onceFor((services: ByName<Service>) => {
  const aged = [...services.values()].filter(hasPorts).sort(byAge);
  return { aged, names: aged.map(({ metadata }) => metadata.name).sort() };
});

interface Looked extends Pick<Remembered, 'service' | 'slices'> {
  /** Pods of the namespace that changed. */
  readonly pods: readonly Pod[];
}

/** `known` itself while nothing that it was made from changed. */
function lookAgain(
  { service, slices, pods }: Looked,
  given: SelectionInput,
  known: Remembered | undefined,
): Remembered {
  const stays = known?.service === service && !pods.some((pod) => selects(service, pod));
  if (stays && known.slices === slices && !nameAddress(slices, given.changed)) return known;
  const selected = stays ? known.selected : selectAgain({ service, pods }, given.input, known);
  const found = writtenPorts(service, slices, { ...given, selected });
  const all = found.pods.length === 0 ? selected : [...selected, ...found.pods].sort(byName);
  const names = new Set(found.pods.map(({ metadata }) => metadata.name));
  const made = { pods: all, unselected: names, written: found.written };
  return { service, slices, selected, behind: shareBehind(known?.behind, made) };
}

/** While the service is the same, only changed pods can join or leave the selection. */
function selectAgain(
  { service, pods }: Pick<Looked, 'service' | 'pods'>,
  input: NamespaceSnapshot,
  known: Remembered | undefined,
): readonly Pod[] {
  if (known?.service !== service) return selectedPods(service, input.Pod.values());
  const names = new Set(pods.map(({ metadata }) => metadata.name));
  const now = [...names].flatMap((name) => input.Pod.get(name) ?? []);
  const come = selectedPods(service, now);
  const stay = known.selected.filter(({ metadata }) => !names.has(metadata.name));
  return merge(stay, come);
}

/** Merges two lists in order of names; to sort many pods again for one new pod would cost more than to select them. */
function merge(stay: readonly Pod[], come: readonly Pod[]): readonly Pod[] {
  if (come.length === 0) return stay;
  const all: Pod[] = [];
  let at = 0;
  for (const pod of come) {
    for (let next = stay[at]; next !== undefined && byName(next, pod) < 0; next = stay[at]) {
      all.push(next);
      at += 1;
    }
    all.push(pod);
  }
  return all.concat(stay.slice(at));
}

/** `made`, in which each part that equals the part before is that very part. */
function shareBehind(before: Behind | undefined, made: Behind): Behind {
  if (before === undefined) return { ...made, unselected: shareNames(none, made.unselected) };
  const shared = {
    pods: sameItems(before.pods, made.pods) ? before.pods : made.pods,
    unselected: shareNames(before.unselected, made.unselected),
    written: shareMap(before.written, made.written),
  };
  return sameItems(Object.values(before), Object.values(shared)) ? before : shared;
}

/** `before` when the same names are in it, in the same order. */
function shareNames(before: ReadonlySet<string>, made: ReadonlySet<string>): ReadonlySet<string> {
  if (made.size === 0) return none;
  return sameItems([...before], [...made]) ? before : made;
}

function selectedPods(service: Service, pods: Iterable<Pod>): readonly Pod[] {
  return [...pods].filter((pod) => selects(service, pod) && !isFinished(pod)).sort(byName);
}

function selects(service: Service, pod: Pod): boolean {
  const labels = pod.metadata.labels ?? {};
  const selector = service.spec.selector ?? {};
  let selected = false;
  for (const key in selector) {
    if (labels[key] !== selector[key]) return false;
    selected = true;
  }
  return selected;
}

function byName(a: Pod, b: Pod): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
