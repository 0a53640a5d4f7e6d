// Input: the EndpointSlices and Pods of a namespace. Output: endpoints by service port, and what was left
// out of them. Rule: a change of one EndpointSlice costs its own service alone.
import type { EndpointSlice, Pod } from '../api/core.ts';
import type { NamespaceSnapshot } from '../cluster/snapshot.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { type Endpoint, portKey, type PortKey } from '../policy/endpoints.ts';
import type { MeshService, ServiceKey } from '../policy/service.ts';
import type { AddressBook } from './address-book.ts';
import { endpointFaults, nothingLeftOut } from './endpoint-faults.ts';
import { classifyEndpoint } from './classify-endpoint.ts';
import type { Plaintext } from './plaintext.ts';
import { endpointsOfPort, type Place } from './port-endpoints.ts';
import { changedItems, intersects, share, sameEntries } from '../common/remember.ts';
import { type NamespaceSlices, noSlices, type ServiceSlices } from './slices.ts';
import { standingOf } from './standing.ts';
import { isTcp } from './target-port.ts';

type PortEndpoints = readonly (readonly [PortKey, readonly Endpoint[]])[];

/** The endpoints of one service, and what they were made from. */
interface ServiceEndpoints {
  readonly service: MeshService;
  readonly slices: ServiceSlices;
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
  /** Tells whether a pod carries a sidecar of this mesh. */
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
  const endpointsOf = (service: MeshService): ServiceEndpoints => {
    const own = slices.byService.get(service.name) ?? noSlices;
    const touched = intersects(own.pods, pods) || intersects(own.addresses, changed);
    const known = touched ? undefined : usable?.get(service.name);
    if (known?.service === service && known.slices === own) return known;
    const earlier = before?.byService.get(service.name);
    return compileService(service, own, { given, known: earlier });
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

function compileService(
  service: MeshService,
  slices: ServiceSlices,
  { given, known }: { given: EndpointInput; known: ServiceEndpoints | undefined },
): ServiceEndpoints {
  const lists = new Map(known?.ports);
  const leftOut = nothingLeftOut();
  const all = slices.slices.map((slice) => ({
    targets: targetsOf(slice),
    classified: classifyAddresses(slice, given),
  }));
  const ports = service.ports.map(({ port, name }) => {
    const key = portKey(service.key, port);
    const places = all.flatMap(({ targets, classified }) => {
      const target = targets.get(name);
      return target === undefined ? [] : classified.map((one) => ({ ...one, port: target }));
    });
    const { hasSidecar, plaintext } = given;
    const list = endpointsOfPort(places, { service, hasSidecar, plaintext, leftOut });
    return [key, share(lists.get(key), list)] as const;
  });
  const object = given.input.Service.get(service.name);
  const faults = object === undefined ? [] : endpointFaults(object, leftOut, given.plaintext);
  return { service, slices, ports, diagnostics: share(known?.diagnostics, faults) };
}

/** The target port by port name; of several ports with one name the first counts. */
function targetsOf({ ports = [] }: EndpointSlice): ReadonlyMap<string, number | undefined> {
  const named = ports.filter(isTcp).map(({ name = '', port }) => [name, port] as const);
  return new Map(named.reverse());
}

type ClassifiedAddress = Omit<Place, 'port'>;

function classifyAddresses(
  slice: EndpointSlice,
  given: EndpointInput,
): readonly ClassifiedAddress[] {
  if (slice.addressType === 'FQDN') return [];
  return (slice.endpoints ?? []).flatMap((endpoint) =>
    endpoint.addresses.map((address) => ({
      address,
      hostname: endpoint.hostname ?? '',
      holder: classifyEndpoint(address, endpoint, given),
      standing: standingOf(endpoint),
    })),
  );
}
