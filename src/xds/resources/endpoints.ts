import { create } from '@bufbuild/protobuf';
import {
  type LbEndpoint,
  LbEndpointSchema,
} from '../../envoy/gen/envoy/config/endpoint/v3/endpoint_components_pb.js';
import {
  type ClusterLoadAssignment,
  ClusterLoadAssignmentSchema,
} from '../../envoy/gen/envoy/config/endpoint/v3/endpoint_pb.js';
import type { Endpoint } from '../../policy/endpoints.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { socketAddress } from './address.ts';
import type { EndpointWant } from './service-part.ts';
import { plaintextMetadata } from './plaintext.ts';
import { resourceOf } from './resource-of.ts';
import type { Resource } from './resource.ts';

/**
 * Turns endpoint lists into EDS resources and remembers them by the list's identity. So a list that did not change, or
 * that many callers may know, is encoded once.
 */
export class EndpointEncoder {
  readonly #resources = new WeakMap<readonly Endpoint[], Map<string, Resource>>();

  /** The assignment of one cluster: the ready endpoints whose identity the caller may reach. */
  resource(want: EndpointWant, endpoints: readonly Endpoint[]): Resource {
    const known = this.#resources.get(endpoints) ?? new Map<string, Resource>();
    if (known.size === 0) this.#resources.set(endpoints, known);
    const id = cacheKey(want);
    const before = known.get(id);
    if (before !== undefined) return before;
    const ready = allowed(endpoints, want.accounts).filter(isReady);
    const made = resourceOf('endpoint', assignment(want.key, ready), []);
    known.set(id, made);
    return made;
  }
}

function assignment(clusterName: string, endpoints: readonly Endpoint[]): ClusterLoadAssignment {
  const lbEndpoints = endpoints.map(lbEndpoint);
  return create(ClusterLoadAssignmentSchema, {
    clusterName,
    endpoints: lbEndpoints.length > 0 ? [{ lbEndpoints }] : [],
  });
}

function lbEndpoint({ address, port, account }: Endpoint): LbEndpoint {
  return create(LbEndpointSchema, {
    hostIdentifier: { case: 'endpoint', value: { address: socketAddress(address, port) } },
    ...(account === undefined ? { metadata: plaintextMetadata } : {}),
  });
}

/**
 * Endpoints whose identity the caller may reach, and endpoints without a sidecar. The latter are in the list in
 * permissive mode only, where every caller may reach them.
 */
export function allowed(
  endpoints: readonly Endpoint[],
  accounts: readonly IdentityKey[],
): readonly Endpoint[] {
  const listed = new Set(accounts);
  const open = ({ account }: Endpoint): boolean => account === undefined || listed.has(account);
  return endpoints.every(open) ? endpoints : endpoints.filter(open);
}

function isReady({ unready }: Endpoint): boolean {
  return unready !== true;
}

function cacheKey(want: EndpointWant): string {
  return [want.key, ...want.accounts].join('\n');
}
