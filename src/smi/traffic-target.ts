// Input: a TrafficTarget and the routes of its namespace. Output: the rule it makes, or why it makes
// none. Rule: what does not resolve allows nothing.
//
//   rules of the object                     ports              HTTP requests
//   HTTPRouteGroup(s)                       all                those of the groups
//   TCPRoute(s)                             those of the routes  all
//   both                                    those of the routes  those of the groups, on these ports only
//   UDPRoute beside others                  as without it
import type { TrafficTarget } from '../api/gen/traffic-target.ts';
import type { AccessRule, HttpMatch } from '../policy/access.ts';
import type { Diagnostic, DiagnosticCode } from '../policy/diagnostic.ts';
import { identityKey, type IdentityKey } from '../policy/identity.ts';
import type { Origin } from '../policy/origin.ts';
import { originOf, refuse, warn } from './diagnose.ts';
import type { CompiledRouteGroup } from './route-group.ts';
import { fields, list, name, type Shape, text } from './shape.ts';
import type { CompiledTcpRoute } from './tcp-route.ts';

/** The routes that a TrafficTarget may lean on, by name: those of its own namespace. */
export interface Routes {
  readonly groups: ReadonlyMap<string, CompiledRouteGroup>;
  readonly tcp: ReadonlyMap<string, CompiledTcpRoute>;
}

export interface CompiledTarget {
  readonly rule: AccessRule | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** The rule that a TrafficTarget makes; undefined when it allows nothing. */
export function compileTrafficTarget(object: TrafficTarget, routes: Routes): CompiledTarget {
  const read = readTrafficTarget(object);
  if (read.parties === undefined) return { rule: undefined, diagnostics: read.diagnostics };
  const resolved = resolveRules(object, routes);
  const diagnostics = [...read.diagnostics, ...resolved.diagnostics];
  if (resolved.opened === undefined) return { rule: undefined, diagnostics };
  const { namespace = '' } = object.metadata;
  const rule: AccessRule = {
    name: `${namespace}/${object.metadata.name}`,
    ...read.parties,
    ...resolved.opened,
  };
  return { rule, diagnostics };
}

interface Parties {
  readonly destination: IdentityKey;
  readonly sources: readonly IdentityKey[];
}

/** What can be said of a TrafficTarget by itself: who it speaks of, and what is wrong with it. */
export function readTrafficTarget(object: TrafficTarget): {
  readonly parties: Parties | undefined;
  readonly diagnostics: readonly Diagnostic[];
} {
  const malformed = shape(object.spec, 'spec');
  if (malformed !== undefined) {
    const diagnostics = [refuse(object, 'object-malformed', malformed)];
    return { parties: undefined, diagnostics };
  }
  const fatal = [...destinationProblems(object), ...emptiness(object)];
  const sources = readSources(object);
  const diagnostics = [...fatal, ...sources.diagnostics, ...unopened(object)];
  if (fatal.length > 0 || sources.keys.length === 0) return { parties: undefined, diagnostics };
  const { namespace = '' } = object.metadata;
  const destination = identityKey({ namespace, serviceAccount: object.spec.destination.name });
  return { parties: { destination, sources: sources.keys }, diagnostics };
}

/** "" stands for absent, as it does for Kubernetes. */
const namespaceShape: Shape = (value, field) => (value === '' ? undefined : name(value, field));
const subject = fields({ kind: text, name, 'namespace?': namespaceShape });
const shape = fields({
  destination: subject,
  rules: list(fields({ kind: text, name: text, 'matches?': list(text) })),
  sources: list(subject),
});

function destinationProblems(object: TrafficTarget): readonly Diagnostic[] {
  const { kind, namespace = '' } = object.spec.destination;
  const own = object.metadata.namespace ?? '';
  if (kind !== 'ServiceAccount') {
    return [refuse(object, 'target-kind-unsupported', kindMessage('spec.destination', kind))];
  }
  if (namespace === '' || namespace === own) return [];
  return [
    refuse(
      object,
      'target-namespace-mismatch',
      `spec.destination.namespace is ${namespace}, but the TrafficTarget is in namespace ${own}: only the owner of a namespace opens it, so create the TrafficTarget in namespace ${namespace}`,
    ),
  ];
}

function kindMessage(field: string, kind: string): string {
  return `${field}.kind "${kind}" is not supported: name the ServiceAccount of the pods, with kind ServiceAccount`;
}

function emptiness(object: TrafficTarget): readonly Diagnostic[] {
  const problem = (code: DiagnosticCode, message: string): Diagnostic =>
    refuse(object, code, message);
  const { sources, rules } = object.spec;
  return [
    ...(sources.length > 0
      ? []
      : [
          problem(
            'target-without-source',
            'spec.sources is empty, so it allows nobody: name at least one ServiceAccount, with its namespace',
          ),
        ]),
    ...(rules.some((rule) => rule.kind !== 'UDPRoute')
      ? []
      : [
          problem(
            'target-without-rule',
            'spec.rules names neither an HTTPRouteGroup nor a TCPRoute, so it allows nothing: name one of this namespace',
          ),
        ]),
  ];
}

function readSources(object: TrafficTarget): {
  readonly keys: readonly IdentityKey[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const keys = new Set<IdentityKey>();
  const diagnostics: Diagnostic[] = [];
  for (const [index, source] of object.spec.sources.entries()) {
    const field = `spec.sources[${index}]`;
    if (source.kind !== 'ServiceAccount') {
      const message = kindMessage(field, source.kind);
      diagnostics.push(refuse(object, 'target-kind-unsupported', message));
    } else if ((source.namespace ?? '') === '') {
      const message = `${field} (ServiceAccount ${source.name}) has no namespace, so it allows nobody: add the namespace of that ServiceAccount`;
      diagnostics.push(refuse(object, 'target-source-incomplete', message));
    } else {
      const { namespace = '', name: serviceAccount } = source;
      keys.add(identityKey({ namespace, serviceAccount }));
    }
  }
  return { keys: [...keys].sort(), diagnostics };
}

/** UDPRoutes open nothing; beside other rules that is worth a word, alone it is an error already. */
function unopened(object: TrafficTarget): readonly Diagnostic[] {
  const { rules } = object.spec;
  if (rules.every((rule) => rule.kind === 'UDPRoute')) return [];
  return rules.flatMap((rule, index) => {
    if (rule.kind !== 'UDPRoute') return [];
    const message = `spec.rules[${index}] (UDPRoute ${rule.name}) opens nothing: the mesh carries TCP only; the other rules stand`;
    return [warn(object, 'route-kind-unsupported', message)];
  });
}

interface Opened {
  readonly origins: readonly Origin[];
  readonly ports: AccessRule['ports'];
  readonly http: AccessRule['http'];
}

/** What the rules collect on their way; `broken` once a reference does not resolve. */
interface Gathered {
  readonly origins: Origin[];
  readonly ports: Set<number>;
  readonly matches: Set<HttpMatch>;
  readonly diagnostics: Diagnostic[];
  allPorts: boolean;
  http: boolean;
  broken: boolean;
}

function resolveRules(
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

function gatherGroup(gathered: Gathered, at: RuleAt, group: CompiledRouteGroup | undefined): void {
  gathered.http = true;
  if (group === undefined) {
    miss(gathered, at, 'route-missing');
    return;
  }
  addOrigin(gathered, group.origin);
  const { matches: wanted } = at.rule;
  const named = new Set(wanted);
  const picked = group.matches.filter(([match]) => wanted === undefined || named.has(match));
  for (const [match, compiled] of picked) {
    if (compiled === undefined) gathered.diagnostics.push(matchLeftOut(at, match));
    else gathered.matches.add(compiled);
  }
  const known = new Set(group.matches.map(([match]) => match));
  const missing = (wanted ?? []).filter((match) => !known.has(match));
  gathered.diagnostics.push(...missing.map((match) => matchMissing(at, match)));
  if (wanted?.length === 0) {
    const message = `${at.field}.matches is empty, so the rule opens nothing: name matches of HTTPRouteGroup ${at.rule.name}, or remove the field to allow all of them`;
    gathered.diagnostics.push(refuse(at.object, 'route-match-missing', message));
  }
}

/** A match that is not there opens nothing; the rest of the target stands. */
function matchMissing({ object, rule, field }: RuleAt, match: string): Diagnostic {
  const message = `${field}.matches: HTTPRouteGroup ${rule.name} has no match "${match}", so that opens nothing: add it to the group, or correct the name`;
  return refuse(object, 'route-match-missing', message);
}

function matchLeftOut({ object, rule, field }: RuleAt, match: string): Diagnostic {
  const message = `${field}: match "${match}" of HTTPRouteGroup ${rule.name} is left out for an error of its own, so it opens nothing: see the status of that HTTPRouteGroup`;
  return refuse(object, 'route-match-missing', message);
}

function gatherPorts(gathered: Gathered, at: RuleAt, route: CompiledTcpRoute | undefined): void {
  if (route?.ports === undefined) {
    miss(gathered, at, 'route-missing');
    return;
  }
  addOrigin(gathered, route.origin);
  if (route.ports === 'all') gathered.allPorts = true;
  else for (const port of route.ports) gathered.ports.add(port);
}

/** A rule that leans on nothing breaks the whole target: what it was to restrict is not known. */
function miss(
  gathered: Gathered,
  at: RuleAt,
  code: 'route-missing' | 'route-kind-unsupported',
): void {
  gathered.broken = true;
  const { kind, name: route } = at.rule;
  const message =
    code === 'route-missing'
      ? `${at.field}: there is no ${kind} ${route} in namespace ${at.object.metadata.namespace ?? ''} that could be read, so the TrafficTarget allows nothing: create it there, or correct the name`
      : `${at.field}.kind "${kind}" is not supported, so the TrafficTarget allows nothing: use HTTPRouteGroup or TCPRoute`;
  gathered.diagnostics.push(refuse(at.object, code, message));
}

function addOrigin(gathered: Gathered, origin: Origin): void {
  const known = gathered.origins.some(
    (one) => one.kind === origin.kind && one.name === origin.name,
  );
  if (!known) gathered.origins.push(origin);
}
