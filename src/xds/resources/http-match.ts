import type { MessageInitShape } from '@bufbuild/protobuf';
import type { PermissionSchema } from '../../envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import type { RouteMatchSchema } from '../../envoy/gen/envoy/config/route/v3/route_components_pb.js';
import type { HttpMatch } from '../../policy/access.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { type HeaderMatcher, exactHeader, regexHeader } from './header-matcher.ts';
import { restrictsPath, pathMatcher, pathPermissions } from './path-match.ts';

// An HttpMatch in two forms of Envoy: the route decides between 404 and a route, the permission between 403 and
// an answer. They agree exactly, except for paths that can be read in two ways, which the permission refuses.

type PathMatch = MeshSettings['pathMatch'];
type Permission = MessageInitShape<typeof PermissionSchema>;
type RouteMatch = MessageInitShape<typeof RouteMatchSchema>;

const anyPermission: Permission = { rule: { case: 'any', value: true } };

/** The permission that holds exactly for requests that `match` describes. */
export function permissionOf(match: HttpMatch, pathMatch: PathMatch): Permission {
  const rules: Permission[] = [];
  rules.push(...pathPermissions(match, pathMatch));
  if (match.methods.length > 0) rules.push(anyOf(match.methods.map(methodHeader)));
  rules.push(...match.headers.map(valueHeader).map(headerPermission));
  if (rules.length === 0) return anyPermission;
  return rules.length === 1 && rules[0] !== undefined
    ? rules[0]
    : { rule: { case: 'andRules', value: { rules } } };
}

/** The route matches that together match exactly those requests: one for each method. */
export function routeMatchesOf(match: HttpMatch, pathMatch: PathMatch): RouteMatch[] {
  const headers = match.headers.map(valueHeader);
  const methods = match.methods.length > 0 ? match.methods.map((m) => [methodHeader(m)]) : [[]];
  return methods.map((method) => ({
    pathSpecifier:
      match.pathRegex === undefined || !restrictsPath(match.pathRegex, pathMatch)
        ? { case: 'prefix', value: '/' }
        : { case: 'safeRegex', value: { regex: pathMatcher(match.pathRegex, pathMatch) } },
    headers: [...method, ...headers],
  }));
}

function anyOf(headers: readonly HeaderMatcher[]): Permission {
  const rules = headers.map(headerPermission);
  return rules.length === 1 && rules[0] !== undefined
    ? rules[0]
    : { rule: { case: 'orRules', value: { rules } } };
}

function headerPermission(header: HeaderMatcher): Permission {
  return { rule: { case: 'header', value: header } };
}

function methodHeader(method: string): HeaderMatcher {
  return exactHeader(':method', method);
}

/**
 * A host is compared without its port, or with it where the expression names a port. Letter case and the dot at the end
 * of a full name make no difference (docs/decisions/0088).
 */
function valueHeader({ name, valueRegex }: HttpMatch['headers'][number]): HeaderMatcher {
  const lower = name.toLowerCase();
  return lower === 'host' || lower === ':authority'
    ? regexHeader(':authority', `(?i:${valueRegex})\\.?(?::[0-9]*)?`)
    : regexHeader(lower, valueRegex);
}
