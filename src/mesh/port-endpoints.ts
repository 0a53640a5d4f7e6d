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
  readonly service: MeshService;
  readonly hasSidecar: (pod: Pod) => boolean;
  readonly plaintext: Plaintext;
  readonly leftOut: LeftOutEndpoints;
}

export function endpointsOfPort(
  places: readonly Place[],
  given: EndpointsInput,
): readonly Endpoint[] {
  const of = (...standings: readonly EndpointStanding[]): readonly Place[] =>
    places.filter(({ standing }) => standings.includes(standing));
  // Endpoints that get no calls are left out without a diagnostic.
  const silently = { ...given, leftOut: nothingLeftOut() };
  const ready = of('ready').flatMap((place) => callable(place, given));
  const called =
    ready.length > 0 ? ready : of('leaving').flatMap((place) => callable(place, silently));
  const others = of('leaving', 'unready')
    .flatMap((place) => callable(place, silently))
    .filter((endpoint) => isDialled(endpoint, given.service))
    .map((endpoint): Endpoint => ({ ...endpoint, unready: true }));
  return distinct([...called, ...others]);
}

/** Whether callers may reach it by its own address, and so hold connections to it while it is not ready. */
function isDialled({ account, outside }: Endpoint, { headless }: MeshService): boolean {
  return outside !== true && (headless || account === undefined);
}

/** The endpoint at that port, if it may be called; otherwise empty, mostly with an entry in `leftOut`. */
function callable(
  { address, port, hostname, holder }: Place,
  { hasSidecar, plaintext, leftOut }: EndpointsInput,
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

/**
 * Sorted by address and port, each once: while slices are rearranged, an address may be in two. Where they differ, the
 * first counts, and those that are called come first. If two pods have an address for a moment, the pod with a sidecar
 * counts: plaintext is never a guess.
 */
function distinct(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const byPlace = new Map<string, Endpoint>();
  for (const endpoint of endpoints) {
    const at = `${endpoint.address} ${endpoint.port}`;
    const before = byPlace.get(at);
    const isSurer = before?.account === undefined && endpoint.account !== undefined;
    if (before === undefined || isSurer) byPlace.set(at, endpoint);
  }
  return [...byPlace].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint);
}
