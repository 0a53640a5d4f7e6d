// Input: the TrafficTargets of one namespace and what reading its policies says. Output: the rules of each destination.
// Rule: a TrafficTarget is compiled again only when it, or a route that it may name, changed.
import type { NamespaceSnapshot } from '../cluster/snapshot.ts';
import type { AccessRule } from '../policy/access.ts';
import type { IdentityKey } from '../policy/identity.ts';
import { type CompiledTarget, compileTrafficTarget } from '../smi/traffic-target/compile.ts';
import { compileLayer, type Layer } from './layer.ts';
import { type Readings, sorted } from './readings.ts';
import { tooWideTargets } from './target-bounds.ts';

/** The TrafficTargets of a namespace, compiled. */
export type CompiledTargets = Layer<CompiledTarget, IdentityKey, readonly AccessRule[]>;

export function compileTargets(
  { TrafficTarget: targets }: NamespaceSnapshot,
  { HTTPRouteGroup, TCPRoute, TrafficTarget: readings }: Readings,
  before: CompiledTargets | undefined,
): CompiledTargets {
  const routes = { groups: HTTPRouteGroup.result, tcp: TCPRoute.result };
  return compileLayer(before, {
    inputs: [targets, readings.result, routes.groups, routes.tcp],
    items: () => {
      const tooWide = tooWideTargets(targets, readings.result, routes);
      return sorted(targets).flatMap(([name, target]) => {
        const [left, read] = [tooWide.get(name), readings.result.get(name)];
        if (read === undefined) return [];
        const make = (): CompiledTarget =>
          left === undefined
            ? compileTrafficTarget(target, read, routes)
            : { rule: undefined, diagnostics: [left] };
        return [{ name, inputs: [target, read, routes.groups, routes.tcp, left?.message], make }];
      });
    },
    collect: (values) => rulesByDestination(values.flatMap(({ rule }) => rule ?? [])),
  });
}

/** By destination, in order; the rules of one keep the order of their names. */
function rulesByDestination(
  rules: readonly AccessRule[],
): ReadonlyMap<IdentityKey, readonly AccessRule[]> {
  const byDestination = new Map<IdentityKey, AccessRule[]>();
  for (const rule of rules) {
    const known = byDestination.get(rule.destination);
    if (known === undefined) byDestination.set(rule.destination, [rule]);
    else known.push(rule);
  }
  return new Map([...byDestination].sort(([a], [b]) => (a < b ? -1 : 1)));
}
