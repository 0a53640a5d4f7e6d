// Input: the EndpointSlices of a namespace. Output: the slices of each service, and their addresses and pods. Rule: the
// entry of a service whose slices did not change is the very same object.
import type { EndpointSlice } from '../api/core.ts';
import type { NamespaceSnapshot } from '../cluster/snapshot.ts';
import { changedItems } from '../common/remember.ts';

/** The EndpointSlices of one service. */
export interface ServiceSlices {
  /** By name. */
  readonly slices: readonly EndpointSlice[];
  /** All addresses in them. */
  readonly addresses: ReadonlySet<string>;
  /** The pods that they name. */
  readonly pods: ReadonlySet<string>;
}

export const noSlices: ServiceSlices = { slices: [], addresses: new Set(), pods: new Set() };

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
    else byService.set(service, namedBy(own.sort(byName)));
  }
  return { input, byService };
}

const nothing: NamespaceSlices = { input: new Map(), byService: new Map() };

function namedBy(slices: readonly EndpointSlice[]): ServiceSlices {
  const addresses = new Set<string>();
  const pods = new Set<string>();
  for (const { endpoints = [] } of slices) {
    for (const endpoint of endpoints) {
      for (const address of endpoint.addresses) addresses.add(address);
      if (endpoint.targetRef?.name !== undefined) pods.add(endpoint.targetRef.name);
    }
  }
  return { slices, addresses, pods };
}

/** The service that an EndpointSlice belongs to, "" when it says none. */
function ownerOf(slice: EndpointSlice): string {
  return slice.metadata.labels?.['kubernetes.io/service-name'] ?? '';
}

function byName(a: EndpointSlice, b: EndpointSlice): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
