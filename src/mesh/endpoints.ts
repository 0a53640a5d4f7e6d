// Input: the EndpointSlices and Pods of a namespace. Output: endpoints by service port, and what was left
// out of them. Rule: only an EndpointSlice that changed, or of which a pod or an address changed, is read again.
import type { EndpointSlice, Pod } from '../api/core.ts';
import type { NamespaceSnapshot } from '../cluster/snapshot.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { type Endpoint, portKey, type PortKey } from '../policy/endpoints.ts';
import type { MeshService, ServiceKey } from '../policy/service.ts';
import type { AddressBook } from './address-book.ts';
import { addLeftOut, endpointFaults, nothingLeftOut } from './endpoint-faults.ts';
import type { Plaintext } from './plaintext.ts';
import { joinParts } from './port-endpoints.ts';
import { partOfSlice, type SlicePart } from './slice-endpoints.ts';
import { deepEqual } from '../common/equal.ts';
import { changedItems, intersects, share, sameEntries } from '../common/remember.ts';
import { namesIn, type NamespaceSlices, noSlices, type ServiceSlices } from './slices.ts';

type PortEndpoints = readonly (readonly [PortKey, readonly Endpoint[]])[];

/** The endpoints of one service, and what they were made from. */
interface ServiceEndpoints {
  readonly service: MeshService;
  readonly slices: ServiceSlices;
  readonly parts: ReadonlyMap<EndpointSlice, SlicePart>;
  readonly ports: PortEndpoints;
  readonly diagnostics: readonly Diagnostic[];
}

/** All endpoints of a namespace, with the memo that lets the next compile redo only what changed. */
export interface NamespaceEndpoints {
  readonly input: NamespaceSnapshot;
  readonly plaintext: Plaintext;
  readonly byService: ReadonlyMap<string, ServiceEndpoints>;
  readonly endpoints: ReadonlyMap<PortKey, readonly Endpoint[]>;
  readonly diagnostics: readonly Diagnostic[];
}

export interface EndpointInput {
  readonly input: NamespaceSnapshot;
  readonly services: ReadonlyMap<ServiceKey, MeshService>;
  readonly slices: NamespaceSlices;
  readonly book: AddressBook;
  /** Addresses whose holders changed since the last compile. */
  readonly changed: ReadonlySet<string>;
  /** Whether a pod has a sidecar of this mesh. */
  readonly hasSidecar: (pod: Pod) => boolean;
  readonly plaintext: Plaintext;
}

/** The endpoints that may be called. A service port without any has an empty list. */
export function compileEndpoints(
  given: EndpointInput,
  before?: NamespaceEndpoints,
): NamespaceEndpoints {
  const { input, services, slices, changed, plaintext } = given;
  const usable = before?.plaintext === plaintext ? before.byService : undefined;
  const pods = changedPods(input, before);
  const isTouched = (slice: EndpointSlice): boolean => {
    const names = namesIn(slice);
    return intersects(names.pods, pods) || intersects(names.addresses, changed);
  };
  const endpointsOf = (service: MeshService): ServiceEndpoints => {
    const own = slices.byService.get(service.name) ?? noSlices;
    const known = usable?.get(service.name);
    const isSame = known?.service === service && known.slices === own;
    if (isSame && !own.slices.some(isTouched)) return known;
    const earlier = before?.byService.get(service.name);
    const parts = standing(known, service, isTouched);
    return compileService(service, own, { given, known: { earlier, parts } });
  };
  const byService = new Map<string, ServiceEndpoints>();
  for (const service of services.values()) byService.set(service.name, endpointsOf(service));
  if (before !== undefined && sameEntries(before.byService, byService))
    return { ...before, input, plaintext };
  const all = [...byService.values()];
  return {
    ...{ input, plaintext, byService },
    endpoints: new Map(all.flatMap(({ ports }) => ports)),
    diagnostics: share(
      before?.diagnostics,
      all.flatMap(({ diagnostics }) => diagnostics),
    ),
  };
}

function changedPods(
  input: NamespaceSnapshot,
  before: NamespaceEndpoints | undefined,
): ReadonlySet<string> {
  const pods = before === undefined ? [] : changedItems(before.input.Pod, input.Pod);
  return new Set(pods.map((pod) => pod.metadata.name));
}

interface Known {
  /** What was made for the service last. */
  readonly earlier: ServiceEndpoints | undefined;
  /** Of that, the parts that still stand. */
  readonly parts: ServiceEndpoints['parts'];
}

function compileService(
  service: MeshService,
  slices: ServiceSlices,
  { given, known }: { given: EndpointInput; known: Known },
): ServiceEndpoints {
  const { earlier } = known;
  const around = { ...given, service };
  const parts = new Map(
    slices.slices.map((slice) => [slice, known.parts.get(slice) ?? partOfSlice(slice, around)]),
  );
  const lists = new Map(earlier?.ports);
  const leftOut = nothingLeftOut();
  const ports = service.ports.map(({ port }) => {
    const key = portKey(service.key, port);
    const own = [...parts.values()].flatMap((part) => part.get(port) ?? []);
    for (const part of own) addLeftOut(leftOut, part.leftOut);
    return [key, share(lists.get(key), joinParts(own))] as const;
  });
  const object = given.input.Service.get(service.name);
  const faults = object === undefined ? [] : endpointFaults(object, leftOut, given.plaintext);
  return { service, slices, parts, ports, diagnostics: share(earlier?.diagnostics, faults) };
}

/** The parts of a service's slices that are made of nothing that changed. */
function standing(
  known: ServiceEndpoints | undefined,
  service: MeshService,
  isTouched: (slice: EndpointSlice) => boolean,
): ServiceEndpoints['parts'] {
  if (known === undefined || !givesSameParts(known.service, service)) return new Map();
  return new Map([...known.parts].filter(([slice]) => !isTouched(slice)));
}

function givesSameParts(one: MeshService, other: MeshService): boolean {
  return one.headless === other.headless && deepEqual(one.ports, other.ports);
}
