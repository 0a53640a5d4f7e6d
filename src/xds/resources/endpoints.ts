import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { LbEndpointSchema } from '../../envoy/gen/envoy/config/endpoint/v3/endpoint_components_pb.js';
import type { Endpoint } from '../../policy/endpoints.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { socketAddress } from './address.ts';
import type { EndpointWant } from './service-part.ts';
import { plaintextMetadata } from './plaintext.ts';
import { encodedResource } from './resource-of.ts';
import type { Resource } from './resource.ts';

/**
 * Turns endpoint lists into EDS resources and remembers them by the list's identity. So a list that did not change, or
 * that many callers may know, is encoded once; in a changed list each unchanged endpoint keeps its bytes.
 */
export class EndpointEncoder {
  readonly #resources = new WeakMap<readonly Endpoint[], Map<string, Resource>>();
  readonly #bytes = new WeakMap<Endpoint, Uint8Array>();

  /** The assignment of one cluster: the ready endpoints whose identity the caller may reach. */
  resource(want: EndpointWant, endpoints: readonly Endpoint[]): Resource {
    const known = this.#resources.get(endpoints) ?? new Map<string, Resource>();
    if (known.size === 0) this.#resources.set(endpoints, known);
    const id = cacheKey(want);
    const before = known.get(id);
    if (before !== undefined) return before;
    const made = encodedResource({
      type: 'endpoint',
      name: want.key,
      bytes: this.#assignment(want.key, allowed(endpoints, want.accounts).filter(isReady)),
      origins: [],
    });
    known.set(id, made);
    return made;
  }

  /** envoy.config.endpoint.v3.ClusterLoadAssignment: cluster_name = 1, endpoints = 2 {lb_endpoints = 2}. */
  #assignment(name: string, endpoints: readonly Endpoint[]): Uint8Array {
    const locality = new BinaryWriter();
    for (const endpoint of endpoints) {
      locality.tag(2, WireType.LengthDelimited).bytes(this.#endpoint(endpoint));
    }
    const assignment = new BinaryWriter().tag(1, WireType.LengthDelimited).string(name);
    if (endpoints.length > 0) {
      assignment.tag(2, WireType.LengthDelimited).bytes(locality.finish());
    }
    return assignment.finish();
  }

  #endpoint(endpoint: Endpoint): Uint8Array {
    const before = this.#bytes.get(endpoint);
    if (before !== undefined) return before;
    const address = socketAddress(endpoint.address, endpoint.port);
    const message = create(LbEndpointSchema, {
      hostIdentifier: { case: 'endpoint', value: { address } },
      ...(endpoint.account === undefined ? { metadata: plaintextMetadata } : {}),
    });
    const bytes = toBinary(LbEndpointSchema, message);
    this.#bytes.set(endpoint, bytes);
    return bytes;
  }
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
