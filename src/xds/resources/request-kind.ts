// The requests that a rule allows, split up so that two rules can be compared by their effect, whatever their names and
// their order.
import type { AccessRule, HttpMatch } from '../../policy/access.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { restrictsPath } from './path-match.ts';

type PathMatch = MeshSettings['pathMatch'];

/** Requests of one method (undefined: any) and one path expression (undefined: any path). */
export interface RequestKind {
  /** The same text for kinds that are equal. */
  readonly key: string;
  readonly path: string | undefined;
  readonly pathMatch: PathMatch;
  readonly method: string | undefined;
  /** All of them must match: header names with their expressions. */
  readonly headers: readonly string[];
}

/** More than rules that are compared need: 2,000 paths, or 200 paths with ten methods. */
const maxKinds = 2_048;

type Kinds = readonly RequestKind[] | undefined;

const known = new WeakMap<object, { readonly pathMatch: PathMatch; readonly kinds: Kinds }>();

/**
 * The kinds of requests that a rule allows; undefined when there are too many to compare. The ports of a pod share the
 * result, as they share the rule's matches.
 */
export function kindsOf(http: AccessRule['http'], pathMatch: PathMatch): Kinds {
  if (http === 'all')
    return [kindOf({ path: undefined, pathMatch, method: undefined, headers: [] })];
  const before = known.get(http);
  if (before?.pathMatch === pathMatch) return before.kinds;
  const kinds = isTooMuch(http)
    ? undefined
    : http.flatMap((match) => kindsOfMatch(match, pathMatch));
  known.set(http, { pathMatch, kinds });
  return kinds;
}

function isTooMuch(http: readonly HttpMatch[]): boolean {
  let count = 0;
  for (const { methods, pathRegex = '' } of http) {
    count += Math.max(1, methods.length) * pathRegex.split('|', maxKinds + 1).length;
    if (count > maxKinds) return true;
  }
  return false;
}

function kindsOfMatch(match: HttpMatch, pathMatch: PathMatch): readonly RequestKind[] {
  const headers = match.headers.map(headerOf);
  const methods = match.methods.length > 0 ? match.methods : [undefined];
  const paths = pathsOf(match, pathMatch);
  return methods.flatMap((method) =>
    paths.map((path) => kindOf({ path, pathMatch, method, headers })),
  );
}

function kindOf(fields: Omit<RequestKind, 'key'>): RequestKind {
  const { path = null, pathMatch, method = null, headers } = fields;
  return { ...fields, key: JSON.stringify([path, pathMatch, method, headers]) };
}

/**
 * Whether `wide` certainly allows every request of the kind `narrow`. For path expressions this is certain when they
 * are the same text, and when one is plainly a part of the other; otherwise false.
 */
export function covers(wide: RequestKind, narrow: RequestKind): boolean {
  if (wide.method !== undefined && wide.method !== narrow.method) return false;
  if (!wide.headers.every((header) => narrow.headers.includes(header))) return false;
  return coversPath(wide, narrow);
}

function coversPath(wide: RequestKind, narrow: RequestKind): boolean {
  if (wide.path === undefined) return true;
  if (narrow.path === undefined) return false;
  if (wide.pathMatch === 'Full') return narrow.pathMatch === 'Full' && narrow.path === wide.path;
  return narrow.path === wide.path || beginsWith(narrow.path, wide.path);
}

const plain = /^[A-Za-z0-9/_~:@!&=, -]*$/;
const repeats = /^[*+?{]/;

/** Whether everything that `path` matches certainly begins with `start`, which must be text, not an expression. */
function beginsWith(path: string, start: string): boolean {
  if (!plain.test(start) || !path.startsWith(start) || path.includes('|')) return false;
  return !repeats.test(path.slice(start.length));
}

/** The alternatives of an expression, split only where no bracket or escape could enclose a `|`. */
function pathsOf({ pathRegex }: HttpMatch, pathMatch: PathMatch): readonly (string | undefined)[] {
  if (pathRegex === undefined || !restrictsPath(pathRegex, pathMatch)) return [undefined];
  return /[()[\]{}\\]/.test(pathRegex) ? [pathRegex] : pathRegex.split('|');
}

function headerOf({ name, valueRegex }: HttpMatch['headers'][number]): string {
  const lower = name.toLowerCase();
  return `${lower === 'host' ? ':authority' : lower} ${valueRegex}`;
}
