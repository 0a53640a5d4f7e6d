// Input: a match of an HTTPRouteGroup. Output: the parts of routes and of a policy that follow from it. Rule: all ports and
// Services of a match's destinations share its parts. This file keeps the parts weakly, because messages take several
// times the memory of their bytes.
import { create } from '@bufbuild/protobuf';
import { type Permission, PermissionSchema } from '../../envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import {
  type RouteMatch,
  RouteMatchSchema,
} from '../../envoy/gen/envoy/config/route/v3/route_components_pb.js';
import type { HttpMatch } from '../../policy/access.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { permissionOf, routeMatchesOf } from './http-match.ts';

export interface MatchParts {
  /** Keyed by content: equal matches need only one route. */
  readonly routes: ReadonlyMap<string, RouteMatch>;
  readonly permission: Permission;
}

type PathMatch = MeshSettings['pathMatch'];

const known = new WeakMap<HttpMatch, { pathMatch: PathMatch; parts: WeakRef<MatchParts> }>();

export function matchPartsOf(match: HttpMatch, pathMatch: PathMatch): MatchParts {
  const before = known.get(match);
  const kept = before?.pathMatch === pathMatch ? before.parts.deref() : undefined;
  if (kept !== undefined) return kept;
  const routes = routeMatchesOf(match, pathMatch).map((fields): [string, RouteMatch] => [
    JSON.stringify(fields),
    create(RouteMatchSchema, fields),
  ]);
  const permission = create(PermissionSchema, permissionOf(match, pathMatch));
  const parts: MatchParts = { routes: new Map(routes), permission };
  known.set(match, { pathMatch, parts: new WeakRef(parts) });
  return parts;
}
