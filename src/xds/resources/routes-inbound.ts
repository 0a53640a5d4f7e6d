import { type MessageInitShape, create, toBinary } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { duration } from '../../envoy/duration.ts';
import { RouteConfigurationSchema } from '../../envoy/gen/envoy/config/route/v3/route_pb.js';
import {
  type RouteMatchSchema,
  RouteSchema,
  VirtualHostSchema,
} from '../../envoy/gen/envoy/config/route/v3/route_components_pb.js';
import { inboundName, localCluster, serviceFqdn } from '../../envoy/names.ts';
import type { AccessRule } from '../../policy/access.ts';
import { httpKey } from '../../policy/same-http.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import type { ServedPort } from '../../policy/workload.ts';
import { serviceDomains } from './domains.ts';
import { matchBytesOf } from './match-bytes.ts';
import { field, joined, utf8 } from './raw.ts';
import { allowAll, allowByRules, rbacFilterName } from './rbac-http.ts';

type RouteMatch = MessageInitShape<typeof RouteMatchSchema>;

export interface InboundRoutes {
  readonly served: ServedPort;
  /** The rules that hold on this port. */
  readonly rules: readonly AccessRule[];
  readonly settings: MeshSettings;
}

/**
 * The route table of a served port, encoded. A request that no rule describes gets 404. A request that some rule
 * describes is allowed to each caller that any rule allows it, and other callers get 403. Each service has a separate
 * virtual host; the first one also takes every other host, such as a bare address.
 */
export function inboundRoutes({ served, rules, settings }: InboundRoutes): Uint8Array {
  const matches = routeMatches(rules, settings);
  const access = accessBytes(allowByRules(settings, rules));
  const hosts = served.services.map((service, index) => {
    const named = hostBytes({
      name: `inbound_virtual-host|${serviceFqdn(service, settings.clusterDomain)}`,
      domains: [...serviceDomains(service, settings.clusterDomain), ...(index === 0 ? ['*'] : [])],
    });
    const routes = routesTo(localCluster(service, served.targetPort), matches);
    // RouteConfiguration.virtual_hosts = 2 {name = 1, domains = 2, routes = 3, typed_per_filter_config = 15}.
    return field(2, named, ...routes, access);
  });
  const name = field(1, utf8(inboundName(served.targetPort, served.protocol)));
  return joined([name, ...hosts, common]);
}

/** A map's entry {key = 1, value = 2}. */
function accessBytes(allowed: Uint8Array): Uint8Array {
  return field(15, field(1, utf8(rbacFilterName)), field(2, allowed));
}

/**
 * x-forwarded-client-cert spelled with underscores. An application that follows CGI (RFC 3875, section 4.1.18) cannot
 * tell it from the header in which Envoy names the caller, and any caller may send it.
 */
const spellings = spellingsOf(['x', 'forwarded', 'client', 'cert']).filter((name) =>
  name.includes('_'),
);

function spellingsOf([first = '', ...rest]: readonly string[]): string[] {
  if (rest.length === 0) return [first];
  return spellingsOf(rest).flatMap((after) => [`${first}-${after}`, `${first}_${after}`]);
}

const common = toBinary(
  RouteConfigurationSchema,
  create(RouteConfigurationSchema, {
    ignorePortInHostMatching: true,
    requestHeadersToRemove: [...spellings],
  }),
);

const anyMatch: RouteMatch = { pathSpecifier: { case: 'prefix', value: '/' } };
const everything = routeBytes({ match: anyMatch });

/** The fields `match` of routes, without repetition; one that matches everything makes the others pointless. */
function routeMatches(
  rules: readonly AccessRule[],
  settings: MeshSettings,
): readonly Uint8Array[] | 'all' {
  if (settings.permissive || rules.some((rule) => rule.http === 'all')) return 'all';
  const different = new Map(rules.map((rule) => [httpKey(rule.http), rule.http])).values();
  const distinct = new Map<string, Uint8Array>();
  for (const match of [...different].flatMap((http) => (http === 'all' ? [] : http))) {
    for (const [key, route] of matchBytesOf(match, settings.pathMatch).routes)
      if (!distinct.has(key)) distinct.set(key, route);
  }
  return [...distinct.values()];
}

/** VirtualHost.routes = 3. */
function routesTo(cluster: string, matches: readonly Uint8Array[] | 'all'): Uint8Array[] {
  const action = routeBytes({
    action: {
      case: 'route',
      value: { clusterSpecifier: { case: 'cluster', value: cluster }, timeout: duration(0) },
    },
  });
  if (matches === 'all') return [field(3, everything, action)];
  return [...matches.map((match) => field(3, match, action)), notFound];
}

function routeBytes(route: MessageInitShape<typeof RouteSchema>): Uint8Array {
  return toBinary(RouteSchema, create(RouteSchema, route));
}

function hostBytes(host: MessageInitShape<typeof VirtualHostSchema>): Uint8Array {
  return toBinary(VirtualHostSchema, create(VirtualHostSchema, host));
}

const openToAll: Record<string, Any> = { [rbacFilterName]: allowAll() };

const notFound = hostBytes({
  routes: [
    {
      match: anyMatch,
      action: { case: 'directResponse', value: { status: 404 } },
      typedPerFilterConfig: openToAll,
    },
  ],
});
