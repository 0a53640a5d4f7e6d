// Input: the addresses of a service port and their holders. Output: its endpoints. Rule: callers get the ready
// endpoints; if there are none, the terminating ones that still serve, as in kube-proxy.
import type { Pod } from '../api/core.ts';
import { isSidecarPort } from '../common/sidecar-ports.ts';
import type { Endpoint } from '../policy/endpoints.ts';
import type { MeshService } from '../policy/service.ts';
import { type LeftOutEndpoints, nothingLeftOut } from './endpoint-faults.ts';
import type { EndpointClass } from './classify-endpoint.ts';
import type { Plaintext } from './plaintext.ts';
import { accountOf } from './services.ts';
import type { EndpointStanding } from './standing.ts';

/** An address of a service port, and its holder. */
export interface Place {
  readonly address: string;
  readonly port: number;
  readonly hostname: string;
  readonly holder: EndpointClass;
  readonly standing: EndpointStanding;
}

export interface EndpointsInput {
  readonly service: Pick<MeshService, 'ports' | 'headless'>;
  readonly hasSidecar: (pod: Pod) => boolean;
  readonly plaintext: Plaintext;
}

/** An endpoint, below the text by which endpoints are sorted and compared. */
type Entry = readonly [string, Endpoint];

/** What some places of a port give to it. Each list is sorted. */
export interface PortPart {
  readonly ready: readonly Entry[];
  /** Called if no place of the whole port is ready. */
  readonly leaving: readonly Entry[];
  /** Not ready, but dialled at their own address. */
  readonly dialled: readonly Entry[];
  readonly leftOut: LeftOutEndpoints;
}

export function partOfPort(places: readonly Place[], given: EndpointsInput): PortPart {
  const leftOut = nothingLeftOut();
  // Endpoints that get no calls are left out without a diagnostic.
  const silently = nothingLeftOut();
  const of = (reports: LeftOutEndpoints, ...standings: readonly EndpointStanding[]) =>
    places
      .filter(({ standing }) => standings.includes(standing))
      .flatMap((place) => callable(place, given, reports));
  return {
    ready: sorted(of(leftOut, 'ready')),
    leaving: sorted(of(silently, 'leaving')),
    dialled: sorted(
      of(silently, 'leaving', 'unready')
        .filter((endpoint) => isDialled(endpoint, given.service))
        .map((endpoint): Endpoint => ({ ...endpoint, unready: true })),
    ),
    leftOut,
  };
}

/** The endpoints of a port, from all its parts. */
export function joinParts(parts: readonly PortPart[]): readonly Endpoint[] {
  const isReady = parts.some(({ ready }) => ready.length > 0);
  const called = parts.flatMap(({ ready, leaving }) => (isReady ? ready : leaving));
  return distinct([...called, ...parts.flatMap(({ dialled }) => dialled)]);
}

/** Whether callers may reach it by its own address, and so hold connections to it while it is not ready. */
function isDialled(
  { account, outside }: Endpoint,
  { headless }: EndpointsInput['service'],
): boolean {
  return outside !== true && (headless || account === undefined);
}

/** The endpoint at that port, if it may be called; otherwise empty, mostly with an entry in `leftOut`. */
function callable(
  { address, port, hostname, holder }: Place,
  { hasSidecar, plaintext }: EndpointsInput,
  leftOut: LeftOutEndpoints,
): readonly Endpoint[] {
  switch (holder.is) {
    case 'unknown':
      return [];
    case 'foreign':
      leftOut.foreign.add(`${address}, which ${holder.reason}`);
      return [];
    case 'outside':
      if (plaintext === 'any') {
        return [{ address, port, account: undefined, outside: true, hostname }];
      }
      leftOut.outside.add(address);
      return [];
    case 'pod': {
      const { pod } = holder;
      // For a port of the sidecar, services.ts writes the diagnostic on the Service.
      if (hasSidecar(pod)) {
        return isSidecarPort(port) ? [] : [{ address, port, account: accountOf(pod), hostname }];
      }
      if (plaintext !== 'none') return [{ address, port, account: undefined, hostname }];
      leftOut.withoutSidecar.add(pod.metadata.name);
      return [];
    }
  }
}

function sorted(endpoints: readonly Endpoint[]): readonly Entry[] {
  return endpoints.map((one): Entry => [`${one.address} ${one.port}`, one]).sort(byPlace);
}

function byPlace([a]: Entry, [b]: Entry): number {
  return a < b ? -1 : Number(a > b);
}

/**
 * Sorted by address and port, each once: while slices are rearranged, an address may be in two. Where they differ, the
 * first counts, and those that are called come first. If two pods have an address for a moment, the pod with a sidecar
 * counts: plaintext is never a guess.
 */
function distinct(entries: readonly Entry[]): readonly Endpoint[] {
  const byKey = new Map<string, Endpoint>();
  for (const [at, endpoint] of entries) {
    const before = byKey.get(at);
    const isSurer = before?.account === undefined && endpoint.account !== undefined;
    if (before === undefined || isSurer) byKey.set(at, endpoint);
  }
  return [...byKey].sort(byPlace).map(([, endpoint]) => endpoint);
}
