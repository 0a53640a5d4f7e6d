import { create } from '@bufbuild/protobuf';
import {
  type LbEndpoint,
  LbEndpointSchema,
} from '../../envoy/gen/envoy/config/endpoint/v3/endpoint_components_pb.js';
import { ClusterLoadAssignmentSchema } from '../../envoy/gen/envoy/config/endpoint/v3/endpoint_pb.js';
import type { Endpoint } from '../../policy/endpoints.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { socketAddress } from './address.ts';
import { type BuiltResource, builtResource } from './built-resource.ts';
import type { EndpointWant } from './service-part.ts';
import { plaintextMetadata } from './plaintext.ts';

/** The assignment of one cluster: the ready endpoints whose identity the caller may reach. */
export function assignment(
  { key, accounts }: EndpointWant,
  endpoints: readonly Endpoint[],
): BuiltResource<'endpoint'> {
  const lbEndpoints = selectAllowed(endpoints, accounts).filter(isReady).map(lbEndpoint);
  const message = create(ClusterLoadAssignmentSchema, {
    clusterName: key,
    endpoints: lbEndpoints.length > 0 ? [{ lbEndpoints }] : [],
  });
  return builtResource('endpoint', message, []);
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
export function selectAllowed(
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
