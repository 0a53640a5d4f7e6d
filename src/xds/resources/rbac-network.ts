import { create } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import {
  type Filter,
  FilterSchema,
} from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import { RBAC_Action } from '../../envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import { RBACSchema } from '../../envoy/gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.js';
import { type PeerSet, buildPrincipals } from './peers.ts';

/**
 * The first filter of every inbound chain: it closes connections that the handshake should have refused
 * (docs/decisions/0011).
 */
export function networkRbac(peers: PeerSet): Filter {
  return create(FilterSchema, {
    name: 'l4_rbac',
    configType: {
      case: 'typedConfig',
      value: any(RBACSchema, {
        statPrefix: 'network-',
        rules: {
          action: RBAC_Action.ALLOW,
          policies: {
            peers: {
              permissions: [{ rule: { case: 'any', value: true } }],
              principals: buildPrincipals(peers),
            },
          },
        },
      }),
    },
  });
}
