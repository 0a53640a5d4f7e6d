import type { JsonValue } from '@bufbuild/protobuf';
import { callerAlpn, meshAlpn } from '../../../src/envoy/names.ts';
import { type IdentityKey, spiffeId } from '../../../src/policy/identity.ts';
import type { Resource, ResourceSet } from '../../../src/xds/resources/resource.ts';
import { jsonOf } from '../resources/messages.ts';

/** A request as it arrives at a pod, or just the connection when `path` is undefined. */
export interface Call {
  readonly source: IdentityKey;
  readonly port: number;
  /** The name of a service, `<namespace>/<name>`: SNI. */
  readonly service: string;
  /** What the caller offers, in its order; what its own sidecar would unless said. */
  readonly alpn?: readonly string[];
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a pod's Envoy would do, by its configuration as it is documented: for comparing with rules. */
export type Decision = 'closed' | 'passed' | 200 | 403 | 404;

interface Chain {
  readonly filterChainMatch: {
    readonly destinationPort: number;
    readonly serverNames: string[];
    readonly applicationProtocols: string[];
  };
  readonly filters: readonly { readonly name: string; readonly typedConfig: Config }[];
  readonly transportSocket: { readonly typedConfig: Tls };
}
interface Tls {
  readonly commonTlsContext: {
    readonly combinedValidationContext: {
      readonly defaultValidationContext: {
        readonly matchTypedSubjectAltNames: readonly { readonly matcher: Matcher }[];
      };
    };
  };
}
interface Config {
  readonly rules?: Rules;
  readonly rds?: { readonly routeConfigName: string };
  /** Only chains that answer each request 403 have their table in place. */
  readonly routeConfig?: object;
}
interface Rules {
  readonly policies?: Readonly<Record<string, Policy>>;
}
interface Policy {
  readonly permissions: readonly Permission[];
  readonly principals: readonly { readonly authenticated: { readonly principalName: Matcher } }[];
}
interface Matcher {
  readonly exact?: string;
  readonly prefix?: string;
  readonly suffix?: string;
  readonly safeRegex?: { readonly regex: string };
}
interface HeaderMatcher {
  readonly name: string;
  readonly stringMatch: Matcher;
}
interface Permission {
  readonly any?: boolean;
  readonly andRules?: { readonly rules: readonly Permission[] };
  readonly orRules?: { readonly rules: readonly Permission[] };
  readonly notRule?: Permission;
  readonly header?: HeaderMatcher;
  readonly urlPath?: { readonly path: Matcher };
}
interface Route {
  readonly match: {
    readonly prefix?: string;
    readonly safeRegex?: { readonly regex: string };
    readonly headers?: readonly HeaderMatcher[];
  };
  readonly directResponse?: { readonly status: number };
  readonly typedPerFilterConfig?: Readonly<Record<string, { readonly rbac?: { rules: Rules } }>>;
}
interface VirtualHost extends Omit<Route, 'match'> {
  readonly domains: readonly string[];
  readonly routes: readonly Route[];
}

const known = new WeakMap<Resource, JsonValue>();

function read(resource: Resource): JsonValue {
  const before = known.get(resource);
  if (before !== undefined) return before;
  const json = jsonOf(resource);
  known.set(resource, json);
  return json;
}

const rbacName = 'envoy.filters.http.rbac';

export function decide(set: ResourceSet, call: Call): Decision {
  const chain = chainFor(set, call);
  if (chain === undefined || !handshake(chain, call)) return 'closed';
  const [rbac, terminal] = chain.filters;
  if (!allows(rbac?.typedConfig.rules, call)) return 'closed';
  return terminal === undefined ? 'closed' : reached(set, terminal.typedConfig, call);
}

function reached(set: ResourceSet, { rds, routeConfig }: Config, call: Call): Decision {
  if (rds === undefined && routeConfig === undefined) return 'passed';
  if (call.path === undefined) return 'closed';
  return rds === undefined ? 403 : answer(set, rds.routeConfigName, call);
}

function answer(set: ResourceSet, routes: string, call: Call): Decision {
  const table = set.route.get(routes);
  if (table === undefined) return 403;
  const { virtualHosts } = read(table) as unknown as { virtualHosts: readonly VirtualHost[] };
  const host = virtualHosts.find(({ domains }) => domains.includes('*'));
  const route = host?.routes.find(({ match }) => routeHolds(match, call));
  if (host === undefined || route === undefined) return 403;
  if (!allowsOn([route, host], call)) return 403;
  return route.directResponse?.status === 404 ? 404 : 200;
}

/** The RBAC that is nearest to the route; without any, the filter's own denies. */
function allowsOn(levels: readonly Pick<Route, 'typedPerFilterConfig'>[], call: Call): boolean {
  const configs = levels.map(({ typedPerFilterConfig }) => typedPerFilterConfig?.[rbacName]);
  const nearest = configs.find((config) => config !== undefined);
  if (nearest === undefined) return false;
  return nearest.rbac === undefined || allows(nearest.rbac.rules, call);
}

function chainFor(set: ResourceSet, { port, service, source, alpn }: Call): Chain | undefined {
  const listener = set.listener.get('inbound');
  if (listener === undefined) return undefined;
  const { filterChains } = read(listener) as unknown as { filterChains: readonly Chain[] };
  const [namespace = '', name = ''] = service.split('/');
  const fqdn = `${name}.${namespace}.svc.cluster.local`;
  const here = filterChains.filter(
    ({ filterChainMatch: { destinationPort, serverNames } }) =>
      destinationPort === port && serverNames.includes(fqdn),
  );
  return (alpn ?? [callerAlpn(source), meshAlpn])
    .map((word) =>
      here.find(({ filterChainMatch }) => filterChainMatch.applicationProtocols.includes(word)),
    )
    .find((chain) => chain !== undefined);
}

function handshake(chain: Chain, { source }: Call): boolean {
  const { commonTlsContext } = chain.transportSocket.typedConfig;
  const { defaultValidationContext } = commonTlsContext.combinedValidationContext;
  return defaultValidationContext.matchTypedSubjectAltNames.some(({ matcher }) =>
    matches(matcher, spiffeId('cluster.local', source)),
  );
}

function allows(rules: Rules | undefined, call: Call): boolean {
  return Object.values(rules?.policies ?? {}).some(
    ({ permissions, principals }) =>
      permissions.some((permission) => permits(permission, call)) &&
      principals.some(({ authenticated: { principalName } }) =>
        matches(principalName, spiffeId('cluster.local', call.source)),
      ),
  );
}

function permits(permission: Permission, call: Call): boolean {
  if (permission.any === true) return true;
  if (permission.andRules !== undefined)
    return permission.andRules.rules.every((rule) => permits(rule, call));
  if (permission.orRules !== undefined)
    return permission.orRules.rules.some((rule) => permits(rule, call));
  if (permission.notRule !== undefined) return !permits(permission.notRule, call);
  if (permission.header !== undefined) return headerHolds(permission.header, call);
  return permission.urlPath !== undefined && matches(permission.urlPath.path, call.path ?? '');
}

function routeHolds({ prefix, safeRegex, headers = [] }: Route['match'], call: Call): boolean {
  const path = call.path ?? '';
  const onPath =
    safeRegex === undefined ? path.startsWith(prefix ?? '') : matches({ safeRegex }, path);
  return onPath && headers.every((header) => headerHolds(header, call));
}

function headerHolds({ name, stringMatch }: HeaderMatcher, call: Call): boolean {
  const value = name === ':method' ? call.method : call.headers?.[name];
  return value !== undefined && matches(stringMatch, value);
}

function matches({ exact, prefix, suffix, safeRegex }: Matcher, value: string): boolean {
  if (exact !== undefined) return value === exact;
  if (prefix !== undefined) return value.startsWith(prefix);
  if (suffix !== undefined) return value.endsWith(suffix);
  return safeRegex !== undefined && new RegExp(`^(?:${safeRegex.regex})$`).test(value);
}
