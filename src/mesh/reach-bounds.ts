// Input: the Services of a namespace, and what they lead to. Output: the same Services without the ports that would
// make the proxies of callers too large. Rule: a caller's proxy holds ports times pods and ports times accounts, so
// both products are bounded; the oldest Services stay.
import type { EndpointSlice, Service } from '../api/core.ts';
import type { ByName } from '../cluster/snapshot.ts';
import { onceFor, onceForBoth } from '../common/once-for.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { Behind } from './behind.ts';
import { byAge } from '../cluster/by-age.ts';
import { refuse } from '../cluster/diagnose.ts';
import { hasPorts, maxPortsOfService, portsFrom, tcpPorts, withPorts } from './port-bounds.ts';
import { sameItems } from '../common/remember.ts';
import { accountOf } from './services.ts';
import { maxPodsBehindNamespace, type Selection } from './selection.ts';
import { noSlices, type NamespaceSlices, type ServiceSlices } from './slices.ts';
import { isTcp } from './target-port.ts';

/**
 * The most addresses behind ports: the sum, over all ports of a namespace's Services, of the addresses that a port
 * leads to.
 */
const maxEndpointsOfNamespace = 32_768;
/** The same for headless Services alone, where each address is a listener in each caller's proxy. */
export const maxListenersOfNamespace = 4096;
/** The most accounts behind ports: the sum, over all ports, of the identities that a caller's proxy accepts there. */
export const maxAccountsOfNamespace = 16_384;

/** A bounded product: how much each TCP port of a Service adds to it. */
export interface Measure {
  readonly most: number;
  /** The counted things in words, to follow a number in a message. */
  readonly counts: string;
  readonly next: string;
  readonly countPerPort: (service: Service) => readonly number[];
}

/** All Services of a namespace, and the same with the ports that earlier bounds leave to them. */
export interface AllAndKept {
  readonly all: ByName<Service>;
  readonly kept: ByName<Service>;
}

export interface BoundedReach {
  readonly inputs: readonly unknown[];
  /** The very same map as was kept before, while nothing more is left out. */
  readonly services: ByName<Service>;
  readonly diagnostics: readonly Diagnostic[];
}

const moveOrDelete = 'delete unused ports, or move Services with many pods to another namespace';

/** Bounds the addresses in EndpointSlices; costs the Services of the namespace when one of them or a slice changed. */
export function boundEndpoints(
  services: AllAndKept,
  { byService }: NamespaceSlices,
  before?: BoundedReach,
): BoundedReach {
  const countsOf = (service: Service): readonly number[] =>
    addressesOf(service, byService.get(service.metadata.name) ?? noSlices);
  const endpoints: Measure = {
    most: maxEndpointsOfNamespace,
    counts: 'addresses behind all ports of the Services of one namespace',
    next: moveOrDelete,
    countPerPort: countsOf,
  };
  const listeners: Measure = {
    most: maxListenersOfNamespace,
    counts: 'addresses behind all ports of the headless Services of one namespace',
    next: 'give the Service a cluster IP, fewer ports or fewer pods, or move it to another namespace',
    countPerPort: (service) => (service.spec.clusterIP === 'None' ? countsOf(service) : []),
  };
  return boundBy([endpoints, listeners], { ...services, of: [byService], before });
}

/** Bounds the pods behind ports, also those in no EndpointSlice, and the accounts that they run as. */
export function boundAccounts(
  services: AllAndKept,
  { behind, beyond }: Pick<Selection, 'behind' | 'beyond'>,
  before?: BoundedReach,
): BoundedReach {
  const accounts: Measure = {
    most: maxAccountsOfNamespace,
    counts: 'ServiceAccounts behind all ports of the Services of one namespace',
    next: 'run the pods behind one Service as fewer ServiceAccounts, or delete unused ports',
    countPerPort: (service) => {
      const found = behind.get(service.metadata.name);
      const count = found === undefined ? 0 : accountsOf(found.pods);
      return tcpPorts(service).map(() => count);
    },
  };
  const pods: Measure = {
    most: maxPodsBehindNamespace,
    counts: 'pods behind all ports of the Services of one namespace',
    next: moveOrDelete,
    countPerPort: (service) => {
      const { name } = service.metadata;
      const count = behind.get(name)?.pods.length ?? 0;
      return tcpPorts(service).map(() => (beyond.has(name) ? maxPodsBehindNamespace + 1 : count));
    },
  };
  return boundBy([accounts, pods], { ...services, of: [behind, beyond], before });
}

interface Given extends AllAndKept {
  /** The inputs of the counts. */
  readonly of: readonly unknown[];
  readonly before: BoundedReach | undefined;
}

function boundBy(measures: readonly Measure[], { all, kept, of, before }: Given): BoundedReach {
  const inputs = [all, kept, ...of];
  if (before !== undefined && sameItems(before.inputs, inputs)) return before;
  const wanted = [...all.values()].filter(hasPorts);
  const exceeded = measures.filter((measure) => sumOf(wanted, measure) > measure.most);
  if (exceeded.length === 0) return { inputs, services: kept, diagnostics: none };
  const services = new Map(kept);
  const diagnostics: Diagnostic[] = [];
  wanted.sort(byAge);
  for (const measure of exceeded) {
    for (const [service, most] of keptPorts(wanted, measure)) {
      diagnostics.push(leftOut(service, most, measure));
      const { name } = service.metadata;
      const known = services.get(name) ?? service;
      if (most < tcpPorts(known).length) services.set(name, withPorts(known, most));
    }
  }
  return { inputs, services, diagnostics };
}

function sumOf(services: readonly Service[], { countPerPort }: Measure): number {
  const add = (sum: number, count: number): number => sum + count;
  return services.reduce((sum, service) => served(countPerPort(service)).reduce(add, sum), 0);
}

/** The counts of the ports that are served: a Service serves `maxPortsOfService` at most. */
function served(counts: readonly number[]): readonly number[] {
  return counts.length <= maxPortsOfService ? counts : counts.slice(0, maxPortsOfService);
}

const none: readonly Diagnostic[] = [];

/**
 * The Services that lose ports, each with the number of TCP ports that it keeps; `services` by age. A port is kept
 * while it and all ports before it, left out or not, stay within the bound. So no port depends on a younger Service,
 * and the removal of a Service takes nothing from another. A Service that adds nothing loses nothing.
 */
export function keptPorts(
  services: readonly Service[],
  { countPerPort, most }: Pick<Measure, 'countPerPort' | 'most'>,
): readonly (readonly [Service, number])[] {
  let sum = 0;
  return services.flatMap((service): readonly (readonly [Service, number])[] => {
    const counts = served(countPerPort(service));
    let within = 0;
    for (const count of counts) {
      sum += count;
      if (sum <= most) within++;
    }
    return within === counts.length || counts.every((count) => count === 0)
      ? []
      : [[service, within]];
  });
}

/** How many addresses the slices have for each TCP port. */
const addressesOf = onceForBoth((service: Service, slices: ServiceSlices): readonly number[] => {
  const byName = new Map<string, number>();
  for (const slice of slices.slices) {
    const addresses = addressesIn(slice);
    const names = new Set((slice.ports ?? []).filter(isTcp).map(({ name = '' }) => name));
    for (const name of names) byName.set(name, (byName.get(name) ?? 0) + addresses);
  }
  return tcpPorts(service).map(({ name = '' }) => byName.get(name) ?? 0);
});

function addressesIn({ endpoints = [] }: EndpointSlice): number {
  return endpoints.reduce((sum, { addresses }) => sum + addresses.length, 0);
}

const accountsOf = onceFor((pods: Behind['pods']): number => new Set(pods.map(accountOf)).size);

function leftOut(service: Service, kept: number, { most, counts, next }: Measure): Diagnostic {
  const ports = portsFrom(service, kept);
  const message = `Weft leaves out ports ${ports}, and calls to them are refused: it serves at most ${String(most)} ${counts}, and older Services have priority: ${next}`;
  return refuse(service, 'service-ports-limited', message);
}
