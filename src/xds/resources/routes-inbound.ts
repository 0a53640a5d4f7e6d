import { type MessageInitShape, create } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { duration } from '../../envoy/duration.ts';
import {
  type RouteConfiguration,
  RouteConfigurationSchema,
} from '../../envoy/gen/envoy/config/route/v3/route_pb.js';
import type {
  RouteMatchSchema,
  RouteSchema,
} from '../../envoy/gen/envoy/config/route/v3/route_components_pb.js';
import { inboundName, localCluster, serviceFqdn } from '../../envoy/names.ts';
import type { AccessRule } from '../../policy/access.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import type { ServedPort } from '../../policy/workload.ts';
import { serviceDomains } from './domains.ts';
import { routeMatchesOf } from './http-match.ts';
import { allowAll, allowByRules, rbacFilterName } from './rbac-http.ts';

type RouteMatch = MessageInitShape<typeof RouteMatchSchema>;
type Route = MessageInitShape<typeof RouteSchema>;

export interface InboundRoutes {
  readonly served: ServedPort;
  /** The rules that hold on this port. */
  readonly rules: 'any' | readonly AccessRule[];
  readonly settings: MeshSettings;
}

/**
 * The route table of a served port. What no rule describes is 404; what some rule describes is
 * allowed to whoever any rule allows it, and 403 to others. Each service has its own virtual host,
 * the first one also takes every other host, such as a bare address.
 */
export function inboundRoutes({ served, rules, settings }: InboundRoutes): RouteConfiguration {
  const matches = routeMatches(rules, settings);
  const access = { [rbacFilterName]: allowByRules(settings, rules) };
  return create(RouteConfigurationSchema, {
    name: inboundName(served.targetPort, served.protocol),
    ignorePortInHostMatching: true,
    virtualHosts: served.services.map((service, index) => ({
      name: `inbound_virtual-host|${serviceFqdn(service, settings.clusterDomain)}`,
      domains: [...serviceDomains(service, settings.clusterDomain), ...(index === 0 ? ['*'] : [])],
      routes: routesTo(localCluster(service, served.targetPort), matches),
      typedPerFilterConfig: access,
    })),
  });
}

const everything: RouteMatch = { pathSpecifier: { case: 'prefix', value: '/' } };

/** Without repetition; one that takes everything makes the others pointless. */
function routeMatches(
  rules: 'any' | readonly AccessRule[],
  settings: MeshSettings,
): readonly RouteMatch[] {
  if (rules === 'any' || rules.some((rule) => rule.http === 'all')) return [everything];
  const distinct = new Map<string, RouteMatch>();
  for (const rule of rules) {
    for (const match of rule.http === 'all' ? [] : rule.http) {
      for (const route of routeMatchesOf(match, settings.pathMatch)) {
        distinct.set(JSON.stringify(route), route);
      }
    }
  }
  return [...distinct.values()];
}

function routesTo(cluster: string, matches: readonly RouteMatch[]): Route[] {
  const routes: Route[] = matches.map((match) => ({
    match,
    action: {
      case: 'route',
      value: { clusterSpecifier: { case: 'cluster', value: cluster }, timeout: duration(0) },
    },
  }));
  return matches.includes(everything) ? routes : [...routes, notFound];
}

const openToAll: Record<string, Any> = { [rbacFilterName]: allowAll() };

const notFound: Route = {
  match: everything,
  action: { case: 'directResponse', value: { status: 404 } },
  typedPerFilterConfig: openToAll,
};
