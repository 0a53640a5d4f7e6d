// Input: the rules of a TrafficTarget and the routes of its namespace. Output: what the rules open, or why they open
// nothing. Rule: a route that does not resolve allows nothing.
//
//   rules of the object                     ports              HTTP requests
//   HTTPRouteGroup(s)                       all                those of the groups
//   TCPRoute(s)                             those of the routes  all
//   both                                    those of the routes  those of the groups, on these ports only
//   UDPRoute beside others                  as without it
import type { TrafficTarget } from '../../api/gen/traffic-target.ts';
import type { AccessRule, HttpMatch } from '../../policy/access.ts';
import type { Diagnostic } from '../../policy/diagnostic.ts';
import type { Origin } from '../../policy/origin.ts';
import { originOf, refuse } from '../../cluster/diagnose.ts';
import type { ReadRouteGroup } from '../route-group/read.ts';
import type { ReadTcpRoute } from '../tcp-route/read.ts';

/** The routes that a TrafficTarget may reference, by name: those of its own namespace. */
export interface Routes {
  readonly groups: ReadonlyMap<string, ReadRouteGroup>;
  readonly tcp: ReadonlyMap<string, ReadTcpRoute>;
}

export interface Opened {
  readonly origins: readonly Origin[];
  readonly ports: AccessRule['ports'];
  readonly http: AccessRule['http'];
}

/** What the rules have opened so far; `broken` once a reference does not resolve. */
interface Gathered {
  readonly origins: Origin[];
  readonly ports: Set<number>;
  readonly matches: Set<HttpMatch>;
  readonly diagnostics: Diagnostic[];
  allPorts: boolean;
  http: boolean;
  broken: boolean;
}

/** What the rules open together; undefined when they open nothing, and the diagnostics say why. */
export function resolveRules(
  object: TrafficTarget,
  routes: Routes,
): { readonly opened: Opened | undefined; readonly diagnostics: readonly Diagnostic[] } {
  const gathered: Gathered = {
    origins: [originOf(object)],
    ports: new Set(),
    matches: new Set(),
    diagnostics: [],
    allPorts: !object.spec.rules.some((rule) => rule.kind === 'TCPRoute'),
    http: false,
    broken: false,
  };
  for (const [index, rule] of object.spec.rules.entries()) {
    gather(gathered, { object, rule, field: `spec.rules[${index}]` }, routes);
  }
  const { diagnostics } = gathered;
  const empty = gathered.http && gathered.matches.size === 0;
  if (empty && diagnostics.length === 0) {
    const message =
      'spec.rules opens nothing: the HTTPRouteGroups it names have no matches; add one to a group, or delete the TrafficTarget';
    diagnostics.push(refuse(object, 'target-without-rule', message));
  }
  if (gathered.broken || empty) return { opened: undefined, diagnostics };
  const opened: Opened = {
    origins: gathered.origins,
    ports: gathered.allPorts ? 'all' : [...gathered.ports].sort((a, b) => a - b),
    http: gathered.http ? [...gathered.matches] : 'all',
  };
  return { opened, diagnostics };
}

function gather(gathered: Gathered, at: RuleAt, routes: Routes): void {
  const kind: string = at.rule.kind;
  if (kind === 'HTTPRouteGroup') gatherGroup(gathered, at, routes.groups.get(at.rule.name));
  else if (kind === 'TCPRoute') gatherPorts(gathered, at, routes.tcp.get(at.rule.name));
  else if (kind !== 'UDPRoute') miss(gathered, at, 'route-kind-unsupported');
}

interface RuleAt {
  readonly object: TrafficTarget;
  readonly rule: TrafficTarget['spec']['rules'][number];
  readonly field: string;
}

function gatherGroup(gathered: Gathered, at: RuleAt, group: ReadRouteGroup | undefined): void {
  gathered.http = true;
  if (group === undefined) {
    miss(gathered, at, 'route-missing');
    return;
  }
  addOrigin(gathered, group.origin);
  const { matches: wanted } = at.rule;
  const named = new Set(wanted);
  const picked = group.matches.filter(([match]) => wanted === undefined || named.has(match));
  const leftOut: string[] = [];
  for (const [match, compiled] of picked) {
    if (compiled === undefined) leftOut.push(match);
    else gathered.matches.add(compiled);
  }
  const known = new Set(group.matches.map(([match]) => match));
  const missing = (wanted ?? []).filter((match) => !known.has(match));
  gathered.diagnostics.push(
    ...first(leftOut, (match, more) => matchLeftOut(at, match, more)),
    ...first(missing, (match, more) => matchMissing(at, match, more)),
  );
  if (wanted?.length === 0) {
    const message = `${at.field}.matches is empty, so the rule opens nothing: name matches of HTTPRouteGroup ${at.rule.name}, or remove the field to allow all of them`;
    gathered.diagnostics.push(refuse(at.object, 'route-match-missing', message));
  }
}

/**
 * How many matches of one rule with the same fault get a diagnostic each; the last diagnostic counts the rest.
 */
const maxReportedOfRule = 8;

function first(
  matches: readonly string[],
  diagnose: (match: string, more: string) => Diagnostic,
): readonly Diagnostic[] {
  const rest = matches.length - maxReportedOfRule;
  return matches
    .slice(0, maxReportedOfRule)
    .map((match, at) =>
      diagnose(
        match,
        rest > 0 && at === maxReportedOfRule - 1 ? ` (and ${String(rest)} more)` : '',
      ),
    );
}

/** A missing match opens nothing; the rest of the target stays in force. */
function matchMissing({ object, rule, field }: RuleAt, match: string, more: string): Diagnostic {
  const message = `${field}.matches: HTTPRouteGroup ${rule.name} has no match "${match}"${more}, so that opens nothing: add it to the group, or correct the name`;
  return refuse(object, 'route-match-missing', message);
}

function matchLeftOut({ object, rule, field }: RuleAt, match: string, more: string): Diagnostic {
  const message = `${field}: match "${match}"${more} of HTTPRouteGroup ${rule.name} has an error, so Weft leaves it out and it opens nothing: see the status of that HTTPRouteGroup`;
  return refuse(object, 'route-match-missing', message);
}

function gatherPorts(gathered: Gathered, at: RuleAt, route: ReadTcpRoute | undefined): void {
  if (route?.ports === undefined) {
    miss(gathered, at, 'route-missing');
    return;
  }
  addOrigin(gathered, route.origin);
  if (route.ports === 'all') gathered.allPorts = true;
  else for (const port of route.ports) gathered.ports.add(port);
}

/**
 * A rule whose route does not exist or has an unsupported kind breaks the whole target: what it was meant to restrict
 * is not known.
 */
function miss(
  gathered: Gathered,
  at: RuleAt,
  code: 'route-missing' | 'route-kind-unsupported',
): void {
  gathered.broken = true;
  const { kind, name: route } = at.rule;
  const message =
    code === 'route-missing'
      ? `${at.field}: there is no ${kind} ${route} in namespace ${at.object.metadata.namespace ?? ''} that Weft can read, so the TrafficTarget allows no traffic: create it there, or correct the name`
      : `${at.field}.kind "${kind}" is not supported, so the TrafficTarget allows no traffic: use HTTPRouteGroup or TCPRoute`;
  gathered.diagnostics.push(refuse(at.object, code, message));
}

function addOrigin(gathered: Gathered, origin: Origin): void {
  const known = gathered.origins.some(
    (one) => one.kind === origin.kind && one.name === origin.name,
  );
  if (!known) gathered.origins.push(origin);
}
