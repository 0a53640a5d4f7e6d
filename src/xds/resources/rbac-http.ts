import { type MessageInitShape, create, toBinary } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import { PolicySchema, RBAC_Action } from '../../envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import {
  RBACPerRouteSchema,
  RBACSchema,
} from '../../envoy/gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js';
import {
  type HttpFilter,
  HttpFilterSchema,
} from '../../envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { AccessRule } from '../../policy/access.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { matchBytesOf } from './match-bytes.ts';
import { packed, principalBytes } from './packed.ts';
import { principals } from './peers.ts';
import { type Grant, policyMap } from './policy-map.ts';
import { field, joined, utf8 } from './raw.ts';

export const rbacFilterName = 'envoy.filters.http.rbac';

/** The filter of every inbound chain: it denies all requests unless a route table allows them. */
export const denyUnlessRouted: HttpFilter = create(HttpFilterSchema, {
  name: rbacFilterName,
  configType: {
    case: 'typedConfig',
    value: any(RBACSchema, { rules: { action: RBAC_Action.ALLOW }, rulesStatPrefix: 'http-' }),
  },
});

/** Per-route configuration, as an encoded Any. A request is allowed if any rule allows it, on every route. */
export function allowByRules(settings: MeshSettings, rules: readonly AccessRule[]): Uint8Array {
  const policies = settings.permissive
    ? [policyBytes('permissive', [permissive])]
    : [...policyMap(rules)].map(([name, grant]) => policyBytes(name, grantBytes(settings, grant)));
  return joined(packed(RBACPerRouteSchema, [field(2, field(1, ...policies))]));
}

/** Disables RBAC on one route. Used for the 404 response, which reveals nothing. */
export function allowAll(): Any {
  return any(RBACPerRouteSchema, {});
}

/** RBACPerRoute {rbac = 2 {rules = 1 {policies = 2 {key = 1, value = 2}}}}; the action ALLOW is the default. */
function policyBytes(name: string, policy: readonly Uint8Array[]): Uint8Array {
  return field(2, field(1, utf8(name)), field(2, ...policy));
}

const anyRequest = encodedPolicy({ permissions: [{ rule: { case: 'any', value: true } }] });
const permissive = joined([anyRequest, encodedPolicy({ principals: principals('any') })]);

/** The sources are never empty, which Envoy would take for a mistake. */
function grantBytes(settings: MeshSettings, { http, sources }: Grant): readonly Uint8Array[] {
  const permissions =
    http === 'all'
      ? [anyRequest]
      : http.map((match) => matchBytesOf(match, settings.pathMatch).permission);
  return [...permissions, ...sources.map(principalBytes)];
}

function encodedPolicy(policy: MessageInitShape<typeof PolicySchema>): Uint8Array {
  return toBinary(PolicySchema, create(PolicySchema, policy));
}
