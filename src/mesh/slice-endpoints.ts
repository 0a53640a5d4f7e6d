// Input: one EndpointSlice and a service. Output: what the slice gives to each port of the service. Rule: nothing here
// depends on other slices, so the part of a slice stays while the slice and what it names stay.
import type { EndpointSlice } from '../api/core.ts';
import { classifyEndpoint, type ClassifyInput } from './classify-endpoint.ts';
import { type EndpointsInput, type Place, type PortPart, partOfPort } from './port-endpoints.ts';
import { standingOf } from './standing.ts';
import { isTcp } from './target-port.ts';

/** By number of the service's port; a port to which the slice does not lead is absent. */
export type SlicePart = ReadonlyMap<number, PortPart>;

export function partOfSlice(
  slice: EndpointSlice,
  given: EndpointsInput & ClassifyInput,
): SlicePart {
  const targets = targetsOf(slice);
  const classified = classifyAddresses(slice, given);
  const parts = new Map<number, PortPart>();
  for (const { port, name } of given.service.ports) {
    const target = targets.get(name);
    if (target === undefined) continue;
    const places = classified.map((one): Place => ({ ...one, port: target }));
    parts.set(port, partOfPort(places, given));
  }
  return parts;
}

/** The target port by port name; of several ports with one name the first counts. */
function targetsOf({ ports = [] }: EndpointSlice): ReadonlyMap<string, number | undefined> {
  const named = ports.filter(isTcp).map(({ name = '', port }) => [name, port] as const);
  return new Map(named.reverse());
}

type ClassifiedAddress = Omit<Place, 'port'>;

function classifyAddresses(
  slice: EndpointSlice,
  given: ClassifyInput,
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
