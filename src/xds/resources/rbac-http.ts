import { type MessageInitShape, create } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import {
  PermissionSchema,
  type PolicySchema,
  RBAC_Action,
} from '../../envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import {
  RBACPerRouteSchema,
  RBACSchema,
} from '../../envoy/gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js';
import {
  type HttpFilter,
  HttpFilterSchema,
} from '../../envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import type { Any } from '@bufbuild/protobuf/wkt';
import { oneof } from '../../envoy/oneof.ts';
import type { AccessRule } from '../../policy/access.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { matchPartsOf } from './match-parts.ts';
import { buildPrincipals } from './peers.ts';
import { type Grant, policyMap } from './policy-map.ts';

export const rbacFilterName = 'envoy.filters.http.rbac';

/** The filter of every inbound chain: it denies all requests unless a route table allows them (docs/decisions/0010). */
export const denyUnlessRouted: HttpFilter = create(HttpFilterSchema, {
  name: rbacFilterName,
  configType: {
    case: 'typedConfig',
    value: any(RBACSchema, { rules: { action: RBAC_Action.ALLOW }, rulesStatPrefix: 'http-' }),
  },
});

/** Per-route configuration. A request is allowed if any rule allows it, on every route. */
export function allowByRules(settings: MeshSettings, rules: readonly AccessRule[]): Any {
  const policies = settings.permissive
    ? { permissive: { permissions: [anyRequest], principals: buildPrincipals('any') } }
    : Object.fromEntries(
        [...policyMap(rules)].map(([name, grant]) => [name, policyOf(settings, grant)]),
      );
  return any(RBACPerRouteSchema, { rbac: { rules: { action: RBAC_Action.ALLOW, policies } } });
}

/** Disables RBAC on one route. Used for the 404 response, which reveals nothing. */
export function allowAll(): Any {
  return any(RBACPerRouteSchema, {});
}

const anyRequest = create(PermissionSchema, { rule: oneof('any', true) });

function policyOf(
  settings: MeshSettings,
  { http, sources }: Grant,
): MessageInitShape<typeof PolicySchema> {
  const permissions =
    http === 'all'
      ? [anyRequest]
      : http.map((match) => matchPartsOf(match, settings.pathMatch).permission);
  return { permissions, principals: buildPrincipals(sources) };
}
