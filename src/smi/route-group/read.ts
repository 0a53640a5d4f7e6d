import type { PolicyReader } from '../../policy/policy-reader.ts';
import type { HTTPRouteGroup } from '../../api/gen/http-route-group.ts';
import { isRecord } from '../../common/guards.ts';
import type { HeaderMatch, HttpMatch } from '../../policy/access.ts';
import type { Diagnostic, DiagnosticCode } from '../../policy/diagnostic.ts';
import type { Origin } from '../../policy/origin.ts';
import { originOf, refuse } from '../../cluster/diagnose.ts';
import { findRegexProblem } from './regex.ts';
import { fields, list, type Shape, text, textMap } from '../../common/shape.ts';

/** An HTTPRouteGroup that a TrafficTarget may reference. */
export interface ReadRouteGroup {
  readonly origin: Origin;
  /** By the name of the match; undefined: the match is left out, so a TrafficTarget opens nothing by it. */
  readonly matches: readonly (readonly [string, HttpMatch | undefined])[];
  readonly diagnostics: readonly Diagnostic[];
}

type Match = HTTPRouteGroup['spec']['matches'][number];

/** Compiles an HTTPRouteGroup. An invalid match is left out alone; the other matches of the group stay in force. */
export function readRouteGroup(object: HTTPRouteGroup): ReadRouteGroup {
  const origin = originOf(object);
  const malformed =
    fields({ matches: list(fields({ name: text })) })(object.spec, 'spec') ??
    excess(object.spec.matches);
  if (malformed !== undefined) {
    const diagnostics = [refuse(object, 'object-malformed', malformed)];
    return { origin, matches: [], diagnostics };
  }
  const diagnostics: Diagnostic[] = [];
  const matches = object.spec.matches.map((match, index) => {
    const field = `spec.matches[${index}]`;
    const problem = problemOf(match, field);
    if (problem === undefined) return [match.name, compileMatch(object, match)] as const;
    diagnostics.push(refuse(object, problem.code, `match "${match.name}": ${problem.message}`));
    return [match.name, undefined] as const;
  });
  return { origin, matches, diagnostics };
}

/** Characters of all regular expressions together: to check more would delay other objects for too long. */
const maxRegexes = 128 * 1024;
const maxMatches = 2048;
/** Headers of all matches together. */
const maxHeaders = 8192;

function excess(matches: readonly Match[]): string | undefined {
  if (matches.length > maxMatches) {
    return `spec.matches has more than ${maxMatches} entries; split them among several groups`;
  }
  if (headersIn(matches) > maxHeaders) {
    return `spec.matches: its headers are more than ${maxHeaders} together; split the matches among several groups`;
  }
  const regexes = matches.flatMap((match): unknown[] => [
    match.pathRegex,
    ...headerEntries(match.headers).map(([, value]) => value),
  ]);
  const length = regexes.reduce<number>(
    (sum, regex) => sum + (typeof regex === 'string' ? regex.length : 0),
    0,
  );
  return length > maxRegexes
    ? `spec.matches: its regular expressions have more than ${maxRegexes} characters together; split the matches among several groups`
    : undefined;
}

/** Counts the headers of all matches; stops once there are far too many. */
function headersIn(matches: readonly Match[]): number {
  let count = 0;
  for (const { headers } of matches) {
    const maps: readonly unknown[] = Array.isArray(headers) ? headers : [headers];
    count += maps.length;
    for (const map of maps) {
      if (isRecord(map)) count += Object.keys(map).length;
      if (count > 2 * maxHeaders) return count;
    }
  }
  return count - matches.length;
}

function compileMatch(object: HTTPRouteGroup, match: Match): HttpMatch {
  const { name, pathRegex = '', methods = [] } = match;
  const anyMethod = methods.includes('*');
  return {
    name: `${object.metadata.name}/${name}`,
    pathRegex: pathRegex === '' ? undefined : pathRegex,
    methods: anyMethod ? [] : [...new Set(methods.map((method) => method.toUpperCase()))],
    headers: headersOf(match.headers),
  };
}

/**
 * Reads a map, or a list of maps; every key of every map must match. An empty value becomes the regex `^$`, since Envoy
 * accepts no empty regex.
 */
function headersOf(headers: unknown): readonly HeaderMatch[] {
  const maps = (Array.isArray(headers) ? headers : [headers ?? {}]) as Record<string, string>[];
  return maps.flatMap((map) =>
    Object.entries(map).map(([name, value]) => ({
      name: name.toLowerCase(),
      valueRegex: value === '' ? '^$' : value,
    })),
  );
}

interface Problem {
  readonly code: DiagnosticCode;
  readonly message: string;
}

const method: Shape = (value, field) =>
  typeof value === 'string' && (value === '*' || /^[A-Za-z]{1,32}$/.test(value))
    ? undefined
    : `${field} must be an HTTP method or "*"`;

const headerMaps: Shape = (value, field) =>
  Array.isArray(value) ? list(textMap)(value, field) : textMap(value, field);

const shape = fields({ 'pathRegex?': text, 'methods?': list(method), 'headers?': headerMaps });

function problemOf(match: Match, field: string): Problem | undefined {
  const malformed = shape(match, field);
  if (malformed !== undefined) return { code: 'object-malformed', message: malformed };
  const regexes: readonly (readonly [string, string])[] = [
    [`${field}.pathRegex`, match.pathRegex ?? ''],
    ...headerEntries(match.headers).map(
      ([name, value]) => [`${field}.headers["${name}"]`, value] as const,
    ),
  ];
  const badName = headerEntries(match.headers).find(([name]) => !isHeaderName(name));
  if (badName !== undefined) {
    const message = `${field}.headers: "${badName[0]}" cannot be the name of a header`;
    return { code: 'object-malformed', message };
  }
  for (const [where, regex] of regexes) {
    const problem = findRegexProblem(regex);
    if (problem !== undefined) {
      const message = `${where} is not a regular expression that Envoy accepts (RE2): ${problem}`;
      return { code: 'route-regex-invalid', message };
    }
  }
  return undefined;
}

function headerEntries(headers: unknown): readonly (readonly [string, string])[] {
  const maps: readonly unknown[] = Array.isArray(headers) ? headers : [headers];
  return maps.flatMap((map) =>
    isRecord(map) ? Object.entries(map as Record<string, string>) : [],
  );
}

/** RFC 9110's token, and the pseudo-headers that a request has. */
function isHeaderName(name: string): boolean {
  return /^:(authority|method|path|scheme)$|^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name);
}

export const routeGroupReader: PolicyReader<HTTPRouteGroup, ReadRouteGroup> = {
  read: readRouteGroup,
  refused: ['object-malformed', 'route-regex-invalid'],
};
