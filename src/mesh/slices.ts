// Input: the EndpointSlices of a namespace. Output: the slices of each service, and their addresses and pods. Rule: the
// entry of a service whose slices did not change is the very same object, and each slice is read once.
import type { EndpointSlice } from '../api/core.ts';
import type { NamespaceSnapshot } from '../cluster/snapshot.ts';
import { onceFor } from '../common/once-for.ts';
import { changedItems, intersects } from '../common/remember.ts';

/** The EndpointSlices of one service. */
export interface ServiceSlices {
  /** By name. */
  readonly slices: readonly EndpointSlice[];
}

export const noSlices: ServiceSlices = { slices: [] };

/** Of all services of a namespace, by service name. */
export interface NamespaceSlices {
  readonly input: NamespaceSnapshot['EndpointSlice'];
  readonly byService: ReadonlyMap<string, ServiceSlices>;
}

export function groupSlices(
  input: NamespaceSnapshot['EndpointSlice'],
  before?: NamespaceSlices,
): NamespaceSlices {
  if (before?.input === input) return before;
  const { input: earlier, byService: known } = before ?? nothing;
  const touched = new Map<string, EndpointSlice[]>();
  for (const slice of changedItems(earlier, input)) touched.set(ownerOf(slice), []);
  for (const slice of input.values()) touched.get(ownerOf(slice))?.push(slice);
  const byService = new Map(known);
  for (const [service, own] of touched) {
    if (own.length === 0) byService.delete(service);
    else byService.set(service, { slices: own.sort(byName) });
  }
  return { input, byService };
}

const nothing: NamespaceSlices = { input: new Map(), byService: new Map() };

/** The addresses in an EndpointSlice, and the pods that it names. */
export interface SliceNames {
  readonly addresses: ReadonlySet<string>;
  readonly pods: ReadonlySet<string>;
}

export const namesIn = onceFor(({ endpoints = [] }: EndpointSlice): SliceNames => {
  const addresses = new Set<string>();
  const pods = new Set<string>();
  for (const endpoint of endpoints) {
    for (const address of endpoint.addresses) addresses.add(address);
    if (endpoint.targetRef?.name !== undefined) pods.add(endpoint.targetRef.name);
  }
  return { addresses, pods };
});

/** Whether any of these addresses is in the slices. */
export function nameAddress({ slices }: ServiceSlices, addresses: ReadonlySet<string>): boolean {
  return slices.some((slice) => intersects(namesIn(slice).addresses, addresses));
}

/** The service that an EndpointSlice belongs to, "" when it says none. */
function ownerOf(slice: EndpointSlice): string {
  return slice.metadata.labels?.['kubernetes.io/service-name'] ?? '';
}

function byName(a: EndpointSlice, b: EndpointSlice): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
