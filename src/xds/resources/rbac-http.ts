import { type MessageInitShape, create } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import {
  type PolicySchema,
  type RBAC as Rules,
  RBACSchema as RulesSchema,
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
import type { AccessRule } from '../../policy/access.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { permissionOf } from './http-match.ts';
import { principals } from './peers.ts';
import { policyMap } from './policy-map.ts';

type Policy = MessageInitShape<typeof PolicySchema>;

export const rbacFilterName = 'envoy.filters.http.rbac';

/** The filter as every inbound chain has it: it denies all until a route table allows something. */
export const denyUnlessRouted: HttpFilter = create(HttpFilterSchema, {
  name: rbacFilterName,
  configType: {
    case: 'typedConfig',
    value: any(RBACSchema, { rules: { action: RBAC_Action.ALLOW }, rulesStatPrefix: 'http-' }),
  },
});

/** Per-route configuration: a request is allowed if any rule allows it, whatever route it took. */
export function allowByRules(settings: MeshSettings, rules: 'any' | readonly AccessRule[]): Any {
  return any(RBACPerRouteSchema, { rbac: { rules: rulesOf(settings, rules) } });
}

/** Per-route configuration of what tells nothing and does nothing, so anyone in the mesh may ask. */
export function allowAll(): Any {
  return any(RBACPerRouteSchema, {});
}

function rulesOf(settings: MeshSettings, rules: 'any' | readonly AccessRule[]): Rules {
  const policies = rules === 'any' ? { permissive } : {};
  if (rules !== 'any') {
    Object.assign(
      policies,
      policyMap(rules, (rule) => policyOf(settings, rule)),
    );
  }
  return create(RulesSchema, { action: RBAC_Action.ALLOW, policies });
}

const permissive: Policy = {
  permissions: [{ rule: { case: 'any', value: true } }],
  principals: principals('any'),
};

function policyOf(settings: MeshSettings, rule: AccessRule): Policy {
  return {
    permissions:
      rule.http === 'all'
        ? [{ rule: { case: 'any', value: true } }]
        : rule.http.map((match) => permissionOf(match, settings.pathMatch)),
    principals: principals(rule.sources),
  };
}
