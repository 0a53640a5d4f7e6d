// Input: the access policies of one namespace. Output: the rules of each destination. Rule: an object is compiled again
// only when it, or a route that it may name, changed.
import type { ByName, NamespaceSnapshot } from '../cluster/snapshot.ts';
import type { AccessRule } from '../policy/access.ts';
import type { IdentityKey } from '../policy/identity.ts';
import { type Compiled, compileLayer, type Layer } from './layer.ts';
import { compileRouteGroup, type CompiledRouteGroup } from '../smi/route-group.ts';
import { compileTcpRoute, type CompiledTcpRoute } from '../smi/tcp-route.ts';
import { tooWideTargets } from './target-bounds.ts';
import { type CompiledTarget, compileTrafficTarget } from '../smi/traffic-target.ts';

/** The access policies of a namespace, compiled. */
export interface NamespaceAccess {
  readonly groups: Layer<CompiledRouteGroup, string, CompiledRouteGroup>;
  readonly tcp: Layer<CompiledTcpRoute, string, CompiledTcpRoute>;
  readonly targets: Layer<CompiledTarget, IdentityKey, readonly AccessRule[]>;
}

export function compileAccess(
  input: NamespaceSnapshot,
  known: Partial<NamespaceAccess>,
): NamespaceAccess {
  const groups = compileEach(known.groups, input.HTTPRouteGroup, compileRouteGroup);
  const tcp = compileEach(known.tcp, input.TCPRoute, compileTcpRoute);
  const routes = { groups: groups.result, tcp: tcp.result };
  const targets = compileLayer(known.targets, {
    inputs: [input.TrafficTarget, groups.result, tcp.result],
    items: () => {
      const tooWide = tooWideTargets(input.TrafficTarget, routes);
      return sorted(input.TrafficTarget).map(([name, target]) => {
        const left = tooWide.get(name);
        return {
          name,
          inputs: [target, groups.result, tcp.result, left?.message],
          make: () =>
            left === undefined
              ? compileTrafficTarget(target, routes)
              : { rule: undefined, diagnostics: [left] },
        };
      });
    },
    collect: (values) => rulesByDestination(values.flatMap(({ rule }) => rule ?? [])),
  });
  return { groups, tcp, targets };
}

function compileEach<O, T extends Compiled & { readonly origin: { readonly name: string } }>(
  before: Layer<T, string, T> | undefined,
  objects: ByName<O>,
  compile: (object: O) => T,
): Layer<T, string, T> {
  return compileLayer(before, {
    inputs: [objects],
    items: () =>
      sorted(objects).map(([name, object]) => ({
        name,
        inputs: [object],
        make: () => compile(object),
      })),
    collect: (values) => new Map(values.map((value) => [value.origin.name, value])),
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

/** Objects in the order of their names. */
export function sorted<T>(objects: ByName<T>): (readonly [string, T])[] {
  return [...objects].sort(([a], [b]) => (a < b ? -1 : 1));
}
