import type { RouteConfiguration } from '../../envoy/gen/envoy/config/route/v3/route_pb.js';
import { isHttp } from '../../policy/service.ts';
import type { AccessRule } from '../../policy/access.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import type { Origin } from '../../policy/origin.ts';
import type { InboundView } from '../../policy/view.ts';
import type { ServedPort } from '../../policy/workload.ts';
import { type BuiltResource, builtResource } from './built-resource.ts';
import { type InboundChain, buildInboundListener } from './inbound-listener.ts';
import { applicationCluster } from './local-clusters.ts';
import { metricsListener } from './metrics.ts';
import { probeClusters } from './probe-clusters.ts';
import { probeListeners } from './probes.ts';
import { inboundRoutes } from './routes-inbound.ts';

/** The resources of one side of a proxy, in any order. */
export interface BuiltPart {
  readonly listeners: readonly BuiltResource<'listener'>[];
  readonly routes: readonly BuiltResource<'route'>[];
  readonly clusters: readonly BuiltResource<'cluster'>[];
}

const none: readonly Origin[] = [];

/** What a workload's proxy needs to serve it: InboundView in, resources out. */
export function translateInbound(view: InboundView): BuiltPart {
  const { settings } = view;
  const chains = distinctChains(view.served).map((served) => chainOf(served, view.rules));
  const origins = originsOf(view.rules, settings);
  const listener = buildInboundListener(chains, settings);
  const tableOf = inboundRoutes(settings);
  const open = [
    ...probeListeners(view.probes, settings),
    ...(view.metrics ? [metricsListener(settings)] : []),
  ];
  return {
    listeners: [
      ...(listener === undefined ? [] : [builtResource('listener', listener, origins)]),
      ...open.map((one) => builtResource('listener', one, none)),
    ],
    // A table that no chain names is never asked for, and would delay removals that wait for it.
    routes: chains
      .filter(
        ({ served, rules }) => isHttp(served.protocol) && (settings.permissive || rules.length > 0),
      )
      .map((chain) => routeTable(chain, tableOf(chain), settings)),
    clusters: [
      ...chains.flatMap(({ served }) =>
        served.services.map((service) => applicationCluster(served, service, settings)),
      ),
      ...probeClusters(view.probes, settings),
    ].map((cluster) => builtResource('cluster', cluster, none)),
  };
}

function routeTable(
  { served, rules }: InboundChain,
  table: RouteConfiguration,
  settings: MeshSettings,
): BuiltResource<'route'> {
  const { services } = served;
  const { permissive, pathMatch } = settings;
  return {
    ...builtResource('route', table, originsOf(rules, settings)),
    grants: { rules, permissive, services, pathMatch },
  };
}

/** Ports on which all rules hold have the very same list. */
function chainOf(served: ServedPort, rules: InboundView['rules']): InboundChain {
  const holding = rules.filter((rule) => saysSomethingOf(rule, served.targetPort));
  return { served, rules: holding.length === rules.length ? rules : holding };
}

/** A rule for other ports, or without routes, allows nothing here, and Envoy accepts no empty policies. */
function saysSomethingOf({ ports, http }: AccessRule, port: number): boolean {
  return (ports === 'all' || ports.includes(port)) && http.length > 0;
}

/**
 * In permissive mode rules allow nothing that is not allowed without them, so their status need not wait for proxies.
 */
function originsOf(rules: readonly AccessRule[], { permissive }: MeshSettings): readonly Origin[] {
  return permissive ? none : [...new Set(rules.flatMap((rule) => rule.origins))];
}

/**
 * One service may lead to one target port in two protocols. Two chains with the same match would make Envoy refuse the
 * whole listener, so the service counts for one protocol: HTTP, whose rules can say more.
 */
function distinctChains(served: readonly ServedPort[]): readonly ServedPort[] {
  const taken = new Set<string>();
  const httpFirst = [...served].sort(
    (a, b) => Number(isHttp(b.protocol)) - Number(isHttp(a.protocol)),
  );
  const kept = new Map<ServedPort, ServedPort>();
  for (const port of httpFirst) {
    const services = port.services.filter((key) => !taken.has(`${key} ${port.targetPort}`));
    for (const key of services) taken.add(`${key} ${port.targetPort}`);
    if (services.length > 0) kept.set(port, { ...port, services });
  }
  return served.flatMap((port) => kept.get(port) ?? []);
}
