// Input: the EndpointSlices and Pods of a namespace. Output: ready endpoints by service port. Rule: a
// change of one EndpointSlice costs its own service alone.
import type { EndpointSlice, Pod } from '../api/core.ts';
import type { ByName, NamespaceSnapshot } from '../cluster/snapshot.ts';
import { type Endpoint, portKey, type PortKey } from '../policy/endpoints.ts';
import type { MeshService, ServiceKey } from '../policy/service.ts';
import { share } from './remember.ts';
import { changedItems, serviceOf } from './selection.ts';
import { accountOf, isTcp } from './services.ts';

type PortEndpoints = readonly (readonly [PortKey, readonly Endpoint[]])[];

/** The endpoints of one service, and what they were made from. */
interface ServiceEndpoints {
  readonly service: MeshService;
  readonly slices: readonly EndpointSlice[];
  readonly ports: PortEndpoints;
}

/** All endpoints of a namespace, with what it takes to make only the next change's. */
export interface NamespaceEndpoints {
  readonly input: NamespaceSnapshot;
  readonly slices: ReadonlyMap<string, readonly EndpointSlice[]>;
  readonly byService: ReadonlyMap<string, ServiceEndpoints>;
  readonly endpoints: ReadonlyMap<PortKey, readonly Endpoint[]>;
}

export interface EndpointInput {
  readonly input: NamespaceSnapshot;
  readonly services: ReadonlyMap<ServiceKey, MeshService>;
  /** Tells whether a pod carries a sidecar of this mesh. */
  readonly hasSidecar: (pod: Pod) => boolean;
}

/**
 * Ready endpoints of pods that carry a sidecar: nobody else can prove who he is, so nobody else is
 * called. A service port without any has an empty list.
 */
export function compileEndpoints(
  { input, services, hasSidecar }: EndpointInput,
  before?: NamespaceEndpoints,
): NamespaceEndpoints {
  const slices = slicesByService(input, before);
  const changed = before === undefined ? [] : changedItems(before.input.Pod, input.Pod);
  const changedPods = new Set(changed.map((pod) => pod.metadata.name));
  const byService = new Map<string, ServiceEndpoints>();
  const endpoints = new Map<PortKey, readonly Endpoint[]>();
  for (const service of services.values()) {
    const known = before?.byService.get(service.name);
    const own = slices.get(service.name) ?? noSlices;
    const stands =
      known?.service === service && known.slices === own && !namesAny(own, changedPods);
    const entry = stands
      ? known
      : compileService({ service, slices: own, pods: input.Pod, hasSidecar }, known);
    byService.set(service.name, entry);
    for (const [port, list] of entry.ports) endpoints.set(port, list);
  }
  return { input, slices, byService, endpoints };
}

const noSlices: readonly EndpointSlice[] = [];

/** Each service's EndpointSlices by name; the lists of untouched services are the very same. */
function slicesByService(
  input: NamespaceSnapshot,
  before: NamespaceEndpoints | undefined,
): ReadonlyMap<string, readonly EndpointSlice[]> {
  const earlier: ByName<EndpointSlice> = before?.input.EndpointSlice ?? new Map();
  const touched = new Map<string, EndpointSlice[]>();
  for (const slice of changedItems(earlier, input.EndpointSlice)) touched.set(ownerOf(slice), []);
  if (before !== undefined && touched.size === 0) return before.slices;
  for (const slice of input.EndpointSlice.values()) touched.get(ownerOf(slice))?.push(slice);
  const slices = new Map(before?.slices);
  for (const [service, own] of touched) slices.set(service, own.sort(byName));
  return slices;
}

function ownerOf(slice: EndpointSlice): string {
  return serviceOf(slice) ?? '';
}

function byName(a: EndpointSlice, b: EndpointSlice): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

function namesAny(slices: readonly EndpointSlice[], pods: ReadonlySet<string>): boolean {
  if (pods.size === 0) return false;
  return slices.some((slice) =>
    slice.endpoints?.some(({ targetRef }) => pods.has(targetRef?.name ?? '')),
  );
}

interface ServiceInput {
  readonly service: MeshService;
  readonly slices: readonly EndpointSlice[];
  readonly pods: ByName<Pod>;
  readonly hasSidecar: (pod: Pod) => boolean;
}

function compileService(
  given: ServiceInput,
  before: ServiceEndpoints | undefined,
): ServiceEndpoints {
  const { service, slices } = given;
  const known = new Map(before?.ports);
  const ports = service.ports.map(({ port, name }) => {
    const key = portKey(service.key, port);
    const list = slices.flatMap((slice) => readyOf(slice, name, given));
    return [key, share(known.get(key), distinct(list))] as const;
  });
  return { service, slices, ports };
}

/** An EndpointSlice's share of the endpoints of the service port of that name. */
function readyOf(
  slice: EndpointSlice,
  portName: string,
  { pods, hasSidecar }: ServiceInput,
): readonly Endpoint[] {
  const port = slice.ports?.find((one) => (one.name ?? '') === portName && isTcp(one))?.port;
  if (port === undefined || slice.addressType === 'FQDN') return [];
  return (slice.endpoints ?? []).flatMap((endpoint) => {
    const pod = isReady(endpoint) ? podOf(endpoint, pods) : undefined;
    if (pod === undefined || !hasSidecar(pod)) return [];
    const account = accountOf(pod);
    const { addresses, hostname = '' } = endpoint;
    return addresses.map((address) => ({ address, port, account, hostname }));
  });
}

type SliceEndpoint = NonNullable<EndpointSlice['endpoints']>[number];

/** Without a word about it an endpoint is ready, as the API has it. */
function isReady({ conditions }: SliceEndpoint): boolean {
  return conditions?.ready !== false && conditions?.terminating !== true;
}

/** The very pod that is meant, not a successor of the same name. */
function podOf({ targetRef }: SliceEndpoint, pods: ByName<Pod>): Pod | undefined {
  if (targetRef?.kind !== 'Pod') return undefined;
  const pod = pods.get(targetRef.name ?? '');
  const meant = targetRef.uid ?? pod?.metadata.uid;
  return pod?.metadata.uid === meant ? pod : undefined;
}

/** Sorted by address, each once: while slices are rearranged an address may stand in two of them. */
function distinct(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const byAddress = new Map(endpoints.map((endpoint) => [endpoint.address, endpoint]));
  return [...byAddress.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
}
