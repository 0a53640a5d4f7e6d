import type { AccessRule } from '../../policy/access.ts';
import type { Origin } from '../../policy/origin.ts';
import type { InboundView } from '../../policy/view.ts';
import type { ServedPort } from '../../policy/workload.ts';
import { isHttp } from './cluster-traits.ts';
import { type InboundChain, inbound } from './inbound-listener.ts';
import { applicationCluster } from './local-clusters.ts';
import { probeClusters } from './probe-clusters.ts';
import { probeListeners } from './probes.ts';
import { resourceOf } from './resource-of.ts';
import type { Resource } from './resource.ts';
import { inboundRoutes } from './routes-inbound.ts';

/** Resources of one side of a proxy, in no order that matters. */
export interface Part {
  readonly listeners: readonly Resource[];
  readonly routes: readonly Resource[];
  readonly clusters: readonly Resource[];
}

const none: readonly Origin[] = [];

/** What a workload's proxy needs to serve it: InboundView in, resources out. */
export function translateInbound(view: InboundView): Part {
  const { settings } = view;
  const chains = distinctChains(view.served).map((served) => chainOf(served, view.rules));
  const origins = originsOf(view.rules);
  const listener =
    chains.length > 0 ? [resourceOf('listener', inbound(chains, settings), origins)] : [];
  const probes = probeListeners(view.probes, settings);
  return {
    listeners: [...listener, ...probes.map((probe) => resourceOf('listener', probe, none))],
    routes: chains
      .filter(({ served }) => isHttp(served.protocol))
      .map(({ served, rules }) =>
        resourceOf('route', inboundRoutes({ served, rules, settings }), originsOf(rules)),
      ),
    clusters: [
      ...chains.flatMap(({ served }) =>
        served.services.map((service) => applicationCluster(served, service, settings)),
      ),
      ...probeClusters(view.probes, settings),
    ].map((cluster) => resourceOf('cluster', cluster, none)),
  };
}

function chainOf(served: ServedPort, rules: InboundView['rules']): InboundChain {
  if (rules === 'any') return { served, rules };
  return { served, rules: rules.filter((rule) => saysSomethingOf(rule, served.targetPort)) };
}

/** A rule of other ports, or of no routes at all, allows nothing here: Envoy takes no empty policies. */
function saysSomethingOf({ ports, http }: AccessRule, port: number): boolean {
  return (ports === 'all' || ports.includes(port)) && http.length > 0;
}

function originsOf(rules: 'any' | readonly AccessRule[]): readonly Origin[] {
  return rules === 'any' ? none : [...new Set(rules.flatMap((rule) => rule.origins))];
}

/**
 * One service may lead to one target port in two protocols. Two chains of the same match would make
 * Envoy refuse the whole listener, so the service counts for one: HTTP, whose rules say more.
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
