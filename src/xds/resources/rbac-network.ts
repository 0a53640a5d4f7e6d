import { create } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import {
  type Filter,
  FilterSchema,
} from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import { RBAC_Action } from '../../envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import { RBACSchema } from '../../envoy/gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.js';
import type { AccessRule } from '../../policy/access.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { type PeerSet, principals } from './peers.ts';
import { policyMap } from './policy-map.ts';

/** Who may use a chain: nobody unless somebody is named. */
export type ChainAccess =
  { readonly kind: 'anyone' } | { readonly kind: 'rules'; readonly rules: readonly AccessRule[] };

/** The first filter of every inbound chain. Without rules it lets nobody in. */
export function networkRbac(access: ChainAccess): Filter {
  const policy = (peers: PeerSet): object => ({
    permissions: [{ rule: { case: 'any', value: true } }],
    principals: principals(peers),
  });
  const policies =
    access.kind === 'anyone'
      ? { mesh: policy('any') }
      : policyMap(access.rules, (rule) => policy(rule.sources));
  return create(FilterSchema, {
    name: 'l4_rbac',
    configType: {
      case: 'typedConfig',
      value: any(RBACSchema, {
        statPrefix: 'network-',
        rules: { action: RBAC_Action.ALLOW, policies },
      }),
    },
  });
}

/** The identities that `access` names, for the handshake itself to check. */
export function peersOf(access: ChainAccess): PeerSet {
  if (access.kind === 'anyone') return 'any';
  const sources = new Set<IdentityKey>(access.rules.flatMap((rule) => rule.sources));
  return [...sources].sort();
}
