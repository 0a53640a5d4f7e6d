// Input: a match of an HTTPRouteGroup. Output: its routes and its permission, encoded. Rule: a match is used at every
// port and for every Service of its destination, and is encoded once.
import { create, toBinary } from '@bufbuild/protobuf';
import { PolicySchema } from '../../envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import { RouteSchema } from '../../envoy/gen/envoy/config/route/v3/route_components_pb.js';
import type { HttpMatch } from '../../policy/access.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { permissionOf, routeMatchesOf } from './http-match.ts';

export interface MatchBytes {
  /** The field `match` of a Route, keyed by its bytes as text: equal matches need only one route. */
  readonly routes: ReadonlyMap<string, Uint8Array>;
  /** The field `permissions` of a Policy. */
  readonly permission: Uint8Array;
}

type PathMatch = MeshSettings['pathMatch'];

const known = new WeakMap<HttpMatch, Map<PathMatch, MatchBytes>>();

export function matchBytesOf(match: HttpMatch, pathMatch: PathMatch): MatchBytes {
  const byMode = known.get(match) ?? new Map<PathMatch, MatchBytes>();
  known.set(match, byMode);
  const before = byMode.get(pathMatch);
  if (before !== undefined) return before;
  const routes = routeMatchesOf(match, pathMatch).map((one) =>
    toBinary(RouteSchema, create(RouteSchema, { match: one })),
  );
  const policy = create(PolicySchema, { permissions: [permissionOf(match, pathMatch)] });
  const made = {
    routes: new Map(routes.map((bytes) => [textOf(bytes), bytes])),
    permission: toBinary(PolicySchema, policy),
  };
  byMode.set(pathMatch, made);
  return made;
}

function textOf({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('latin1');
}
