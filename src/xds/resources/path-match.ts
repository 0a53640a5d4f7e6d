import type { MessageInitShape } from '@bufbuild/protobuf';
import { onceFor } from '../../common/once-for.ts';
import type { PermissionSchema } from '../../envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import type { HttpMatch } from '../../policy/access.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { closeUnderDecoding } from './path-decoding.ts';
import { ambiguousPath, escapedPath, wellFormedPath } from './path-plain.ts';

type PathMatch = MeshSettings['pathMatch'];
type Permission = MessageInitShape<typeof PermissionSchema>;

const openPrefixes = new Set(['', '/', '.*', '/.*', '^/', '^/.*', '^.*']);
const openWholes = new Set(['.*', '/.*', '^.*$', '^/.*$', '^/.*', '^.*']);

/** False for an expression that matches every path: for such a rule the reading of a path makes no difference. */
export function restrictsPath(regex: string, pathMatch: PathMatch): boolean {
  return !(pathMatch === 'Prefix' ? openPrefixes : openWholes).has(regex);
}

/** Envoy matches whole paths; Prefix anchors only the start, as SMI's text does (docs/decisions/0004). */
export function pathMatcher(regex: string, pathMatch: PathMatch): string {
  return pathMatch === 'Prefix' ? `(?:${regex}).*` : regex;
}

/**
 * The conditions that the path must all meet: it matches the rule's own expression, both as sent and as an application
 * might decode it, and no part of it is resolved away (docs/decisions/0087).
 */
export function pathPermissions(match: HttpMatch, pathMatch: PathMatch): Permission[] {
  const regex = match.pathRegex;
  const isRestricted = regex !== undefined && restrictsPath(regex, pathMatch);
  // A filter on :path also sees the query and cannot be made stricter, so it allows no escapes at all.
  const byHeader = match.headers.some(({ name }) => name.toLowerCase() === ':path');
  if (!isRestricted && !byHeader) return [];
  return [
    ...(isRestricted ? ownExpression(regex, pathMatch, closedOf(match)) : []),
    ...(byHeader ? [not(onPath(escapedPath))] : []),
    onPath(wellFormedPath),
    not(onPath(ambiguousPath)),
  ];
}

/** Remembered, because to make it takes much longer than to make the rest of a permission. */
const closedOf = onceFor(({ pathRegex = '' }: HttpMatch) => closeUnderDecoding(pathRegex));

function ownExpression(
  regex: string,
  pathMatch: PathMatch,
  closed: string | undefined,
): Permission[] {
  const own = onPath(pathMatcher(regex, pathMatch));
  if (closed === undefined) return [own, not(onPath(escapedPath))];
  return closed === regex ? [own] : [own, onPath(pathMatcher(closed, pathMatch))];
}

function onPath(regex: string): Permission {
  const matchPattern = { case: 'safeRegex' as const, value: { regex } };
  return {
    rule: { case: 'urlPath', value: { rule: { case: 'path', value: { matchPattern } } } },
  };
}

function not(value: Permission): Permission {
  return { rule: { case: 'notRule', value } };
}
