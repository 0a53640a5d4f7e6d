// Input: the callers of a chain. Output: the parts of the chain that follow from them, encoded. Rule: a list of one
// identity is encoded by hand, as in raw.ts, because there are thousands of them.
import { create, toBinary } from '@bufbuild/protobuf';
import { FilterChainSchema } from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import { PolicySchema } from '../../envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import { RBACSchema } from '../../envoy/gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.js';
import {
  CommonTlsContextSchema,
  CommonTlsContext_CombinedCertificateValidationContextSchema as CombinedSchema,
  DownstreamTlsContextSchema,
} from '../../envoy/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js';
import type { IdentityKey } from '../../policy/identity.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import type { Callers } from './inbound-callers.ts';
import { packed, principalBytes } from './packed.ts';
import { spiffeRegex } from './peers.ts';
import { field, utf8 } from './raw.ts';
import { networkFilterName, networkRbac, networkStatPrefix } from './rbac-network.ts';
import { commonContextBut, downstreamTls, tlsSocketName, trustConfig } from './tls.ts';

/** Fields of a FilterChain and, `alpn`, of its match. */
export interface CallerBytes {
  readonly alpn: Uint8Array;
  readonly socket: Uint8Array;
  readonly filter: Uint8Array;
}

/** Encodes the parts that depend on callers. Make one for each set of chains: it encodes each caller once. */
export class CallerEncoder {
  readonly #settings: MeshSettings;
  readonly #known = new Map<string, CallerBytes>();
  readonly #common: Uint8Array;
  readonly #trust: Uint8Array;

  constructor(settings: MeshSettings) {
    this.#settings = settings;
    const common = create(CommonTlsContextSchema, commonContextBut(settings));
    this.#common = toBinary(CommonTlsContextSchema, common);
    const trust = create(CombinedSchema, { validationContextSdsSecretConfig: trustConfig });
    this.#trust = toBinary(CombinedSchema, trust);
  }

  bytesOf(callers: Callers): CallerBytes {
    const known = this.#known.get(callers.name);
    if (known !== undefined) return known;
    // FilterChainMatch.application_protocols = 10.
    const alpn = field(10, utf8(callers.alpn));
    const made = { alpn, ...this.#of(callers.peers) };
    this.#known.set(callers.name, made);
    return made;
  }

  #of(peers: Callers['peers']): Omit<CallerBytes, 'alpn'> {
    const [peer] = peers;
    if (peers !== 'any' && peers.length === 1 && peer !== undefined)
      return { socket: this.#socketOf(peer as IdentityKey), filter: filterOf(peer as IdentityKey) };
    const socket = create(FilterChainSchema, {
      transportSocket: downstreamTls(this.#settings, peers),
    });
    const filter = create(FilterChainSchema, { filters: [networkRbac(peers)] });
    return {
      socket: toBinary(FilterChainSchema, socket),
      filter: toBinary(FilterChainSchema, filter),
    };
  }

  /**
   * FilterChain.transport_socket = 6 {name = 1, typed_config = 3}; DownstreamTlsContext
   * {common_tls_context = 1 {combined_validation_context = 8 {default_validation_context = 1
   * {match_typed_subject_alt_names = 15 {san_type = 1, matcher = 2 {safe_regex = 5 {regex = 2}}}}}}}.
   */
  #socketOf(peer: IdentityKey): Uint8Array {
    const matcher = field(2, field(5, field(2, utf8(spiffeRegex(peer)))));
    const combined = field(8, field(1, field(15, uri, matcher)), this.#trust);
    const context = [field(1, this.#common, combined), certificateRequired];
    return field(6, socketName, field(3, ...packed(DownstreamTlsContextSchema, context)));
  }
}

/** SubjectAltNameMatcher.san_type = 1: URI = 3. */
const uri = Uint8Array.of(1 << 3, 3);
const socketName = field(1, utf8(tlsSocketName));
const certificateRequired = toBinary(
  DownstreamTlsContextSchema,
  create(DownstreamTlsContextSchema, { requireClientCertificate: true }),
);

const filterName = field(1, utf8(networkFilterName));
const anything = toBinary(
  PolicySchema,
  create(PolicySchema, { permissions: [{ rule: { case: 'any', value: true } }] }),
);
const policyName = field(1, utf8('peers'));
const statPrefix = toBinary(RBACSchema, create(RBACSchema, { statPrefix: networkStatPrefix }));

/**
 * FilterChain.filters = 3 {name = 1, typed_config = 4}; RBAC {rules = 1 {policies = 2 {key = 1, value = 2}}}.
 */
function filterOf(peer: IdentityKey): Uint8Array {
  const rules = field(1, field(2, policyName, field(2, anything, principalBytes(peer))));
  return field(3, filterName, field(4, ...packed(RBACSchema, [rules, statPrefix])));
}
