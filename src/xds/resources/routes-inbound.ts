import { create } from '@bufbuild/protobuf';
import { onceFor } from '../../common/once-for.ts';
import { duration } from '../../envoy/duration.ts';
import {
  type RouteConfiguration,
  RouteConfigurationSchema,
} from '../../envoy/gen/envoy/config/route/v3/route_pb.js';
import {
  type Route,
  RouteActionSchema,
  type RouteMatch,
  RouteMatchSchema,
  RouteSchema,
} from '../../envoy/gen/envoy/config/route/v3/route_components_pb.js';
import { inboundName, localCluster, serviceFqdn } from '../../envoy/names.ts';
import type { AccessRule } from '../../policy/access.ts';
import { httpKey } from '../../policy/same-http.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import type { ServedPort } from '../../policy/workload.ts';
import { serviceDomains } from './domains.ts';
import { matchPartsOf } from './match-parts.ts';
import { allowAll, allowByRules, rbacFilterName } from './rbac-http.ts';

/** A served port and the rules that hold on it. */
interface RuledPort {
  readonly served: ServedPort;
  readonly rules: readonly AccessRule[];
}

/**
 * Makes the route tables of served ports (docs/decisions/0010). A request that no rule describes gets 404. A request
 * that some rule describes is allowed to each caller that any rule allows it, and other callers get 403. Each service
 * has a separate virtual host; the first one also takes every other host, such as a bare address. Ports with the very
 * same list of rules share the parts that follow from it.
 */
export function inboundRoutes(settings: MeshSettings): (port: RuledPort) => RouteConfiguration {
  const ruledBy = onceFor((rules: readonly AccessRule[]) => ({
    matches: routeMatches(rules, settings),
    typedPerFilterConfig: { [rbacFilterName]: allowByRules(settings, rules) },
  }));
  return ({ served: { targetPort, protocol, services }, rules }) => {
    const { matches, typedPerFilterConfig } = ruledBy(rules);
    return create(RouteConfigurationSchema, {
      name: inboundName(targetPort, protocol),
      ignorePortInHostMatching: true,
      requestHeadersToRemove: [...spellings],
      virtualHosts: services.map((service, index) => ({
        name: `inbound_virtual-host|${serviceFqdn(service, settings.clusterDomain)}`,
        domains: [
          ...serviceDomains(service, settings.clusterDomain),
          ...(index === 0 ? ['*'] : []),
        ],
        routes: routesTo(localCluster(service, targetPort), matches),
        typedPerFilterConfig,
      })),
    });
  };
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

const anyMatch = create(RouteMatchSchema, { pathSpecifier: { case: 'prefix', value: '/' } });

/** The matches of routes, without repetition; one that matches everything makes the others pointless. */
function routeMatches(
  rules: readonly AccessRule[],
  settings: MeshSettings,
): readonly RouteMatch[] | 'all' {
  if (settings.permissive || rules.some((rule) => rule.http === 'all')) return 'all';
  const different = new Map(rules.map((rule) => [httpKey(rule.http), rule.http])).values();
  const distinct = new Map<string, RouteMatch>();
  for (const match of [...different].flatMap((http) => (http === 'all' ? [] : http))) {
    for (const [key, route] of matchPartsOf(match, settings.pathMatch).routes)
      if (!distinct.has(key)) distinct.set(key, route);
  }
  return [...distinct.values()];
}

function routesTo(cluster: string, matches: readonly RouteMatch[] | 'all'): Route[] {
  const value = create(RouteActionSchema, {
    clusterSpecifier: { case: 'cluster', value: cluster },
    timeout: duration(0),
  });
  const routeTo = (match: RouteMatch): Route =>
    create(RouteSchema, { match, action: { case: 'route', value } });
  return matches === 'all' ? [routeTo(anyMatch)] : [...matches.map(routeTo), notFound];
}

const notFound = create(RouteSchema, {
  match: anyMatch,
  action: { case: 'directResponse', value: { status: 404 } },
  typedPerFilterConfig: { [rbacFilterName]: allowAll() },
});
