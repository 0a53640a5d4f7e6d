// Input: the Services and Pods of a namespace. Output: the pods behind each service, by service name.
// Rule: only services that a changed pod or service touches are looked at again.
import type { EndpointSlice, Pod, Service } from '../api/core.ts';
import type { ByName, NamespaceSnapshot } from '../cluster/snapshot.ts';
import { sameEntries, sameItems } from './remember.ts';

/** The pods that a service leads to, ready or not, sorted by name, without those that are finished. */
export type Selection = ReadonlyMap<string, readonly Pod[]>;

/** What was known when the previous selection was made. */
export interface SelectionBefore {
  readonly input: NamespaceSnapshot;
  readonly selection: Selection;
}

/** Sorted by service name. A service without a selector has the pods that its EndpointSlices name. */
export function selectPods(input: NamespaceSnapshot, before?: SelectionBefore): Selection {
  if (before === undefined) {
    return new Map(sortedServices(input).map(([name, own]) => [name, podsBehind(own, input)]));
  }
  if (isUntouched(input, before.input)) return before.selection;
  const changed = changedItems(before.input.Pod, input.Pod);
  const selection = new Map<string, readonly Pod[]>();
  for (const [name, service] of sortedServices(input)) {
    const known = before.selection.get(name);
    const same = known !== undefined && before.input.Service.get(name) === service;
    const stands = same && stays(service, changed);
    selection.set(name, stands ? known : shareItems(known, podsBehind(service, input)));
  }
  return sameEntries(before.selection, selection) ? before.selection : selection;
}

function sortedServices(input: NamespaceSnapshot): readonly (readonly [string, Service])[] {
  return [...input.Service]
    .filter(([, service]) => service.spec.type !== 'ExternalName')
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether the pods behind an unchanged service are as before, although these pods changed. */
function stays(service: Service, changed: readonly Pod[]): boolean {
  return hasSelector(service) && !changed.some((pod) => selects(service, pod));
}

/** Whether at most EndpointSlices changed, and no service has its pods from them. */
function isUntouched(input: NamespaceSnapshot, before: NamespaceSnapshot): boolean {
  if (input.Service !== before.Service || input.Pod !== before.Pod) return false;
  if (input.EndpointSlice === before.EndpointSlice) return true;
  for (const service of input.Service.values()) if (!hasSelector(service)) return false;
  return true;
}

/** Objects that are in one of two maps only, or differ: as they were and as they are. */
export function changedItems<T>(before: ByName<T>, after: ByName<T>): readonly T[] {
  if (before === after) return [];
  const changed: T[] = [];
  for (const [name, item] of before) if (after.get(name) !== item) changed.push(item);
  for (const [name, item] of after) if (before.get(name) !== item) changed.push(item);
  return changed;
}

/** The service that an EndpointSlice belongs to. */
export function serviceOf(slice: EndpointSlice): string | undefined {
  return slice.metadata.labels?.['kubernetes.io/service-name'];
}

function shareItems(before: readonly Pod[] | undefined, after: readonly Pod[]): readonly Pod[] {
  return before !== undefined && sameItems(before, after) ? before : after;
}

function podsBehind(service: Service, input: NamespaceSnapshot): readonly Pod[] {
  const pods = hasSelector(service)
    ? [...input.Pod.values()].filter((pod) => selects(service, pod))
    : podsOfSlices(service, input);
  return pods.filter((pod) => !isFinished(pod)).sort(byName);
}

function podsOfSlices(service: Service, input: NamespaceSnapshot): Pod[] {
  const names = new Set<string>();
  for (const slice of input.EndpointSlice.values()) {
    if (serviceOf(slice) !== service.metadata.name) continue;
    for (const { targetRef } of slice.endpoints ?? []) {
      if (targetRef?.kind === 'Pod' && targetRef.name !== undefined) names.add(targetRef.name);
    }
  }
  return [...names].flatMap((name) => input.Pod.get(name) ?? []);
}

function hasSelector(service: Service): boolean {
  for (const _ in service.spec.selector) return true;
  return false;
}

function selects(service: Service, pod: Pod): boolean {
  const labels = pod.metadata.labels ?? {};
  const selector = service.spec.selector ?? {};
  for (const key in selector) if (labels[key] !== selector[key]) return false;
  return true;
}

/** A pod whose containers ended for good serves nobody and has no proxy. */
export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

function byName(a: Pod, b: Pod): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
