// Input: the EndpointSlices of a service. Output: the pods and ports of its namespace that they lead to
// beyond what the Service itself says.
import { onceFor } from '../common/once-for.ts';
import type { Pod, Service, ServicePort } from '../api/core.ts';
import type { NamespaceSnapshot } from '../cluster/snapshot.ts';
import type { AddressBook } from './address-book.ts';
import { isOwn } from './address-claims.ts';
import type { Behind, WrittenPort } from './behind.ts';
import { onHostNetwork } from './pod-state.ts';
import type { ServiceSlices } from './slices.ts';
import { isTcp, resolveTargetPort } from './target-port.ts';

export interface Written {
  /** Pods that the service does not select. */
  readonly pods: readonly Pod[];
  readonly written: Behind['written'];
}

interface WrittenInput {
  readonly input: Pick<NamespaceSnapshot, 'Pod'>;
  readonly book: AddressBook;
  readonly selected: readonly Pod[];
}

export function writtenPorts(
  service: Service,
  { slices }: ServiceSlices,
  { input, book, selected }: WrittenInput,
): Written {
  const known = new Set(selected);
  const pods = new Set<Pod>();
  const written = new Map<string, Map<string, WrittenPort>>();
  for (const { pod, ports } of slices.flatMap((slice) => ledTo(slice, service, { input, book }))) {
    if (!known.has(pod)) pods.add(pod);
    const beyond = ports.filter(
      ([port, target]) => !known.has(pod) || resolveTargetPort(pod, port) !== target,
    );
    if (beyond.length === 0) continue;
    const { name } = pod.metadata;
    const own = written.get(name) ?? new Map<string, WrittenPort>();
    written.set(name, own);
    for (const [{ port }, targetPort] of beyond)
      own.set(`${port} ${targetPort}`, { port, targetPort });
  }
  const lists = [...written].map(([name, own]) => [name, [...own.values()]] as const);
  return { pods: [...pods], written: new Map(lists) };
}

type Slice = ServiceSlices['slices'][number];
type Led = readonly (readonly [ServicePort, number])[];

/** The namespace's pods that a slice leads to, and by which ports. */
function ledTo(
  slice: Slice,
  service: Service,
  { input, book }: Pick<WrittenInput, 'input' | 'book'>,
): readonly { readonly pod: Pod; readonly ports: Led }[] {
  const ports = portsOf(slice, service);
  return (slice.endpoints ?? [])
    .flatMap(({ addresses }) => addresses)
    .flatMap((address) => ownPods(address, input, book))
    .map((pod) => ({ pod, ports }));
}

/** The namespace's pods that have the address as their own; not pods on their node's network, which share it. */
export function ownPods(
  address: string,
  { Pod: pods }: Pick<NamespaceSnapshot, 'Pod'>,
  book: AddressBook,
): readonly Pod[] {
  const holders = book.pods.get(address) ?? [];
  const isMeant = (pod: Pod): boolean => pods.get(pod.metadata.name) === pod && !onHostNetwork(pod);
  return holders.filter((pod) => isMeant(pod) && isOwn(address, pod, book.disputes));
}

function portsOf({ ports = [] }: Slice, service: Service): Led {
  const named = portsByName(service);
  return ports.flatMap((one) => {
    const { port: target, name: portName = '' } = one;
    if (target === undefined || !isTcp(one)) return [];
    return (named.get(portName) ?? []).map((port) => [port, target] as const);
  });
}

const portsByName = onceFor((service: Service): ReadonlyMap<string, readonly ServicePort[]> => {
  const named = new Map<string, ServicePort[]>();
  for (const port of (service.spec.ports ?? []).filter(isTcp)) {
    const name = port.name ?? '';
    named.set(name, [...(named.get(name) ?? []), port]);
  }
  return named;
});
