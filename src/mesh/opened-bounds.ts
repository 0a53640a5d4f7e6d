// Input: the rules of a namespace, its Services and splits. Output: the rules without those that open too much. Rule: a
// caller's proxy holds every port of every Service behind every account that the caller may reach, and the rules that
// allow it; the same for the apex of a split onto such a Service. Sources of TrafficTargets times these ports are
// bounded; the oldest targets stay (docs/decisions/0120).
import type { TrafficTarget } from '../api/gen/traffic-target.ts';
import type { ByName } from '../cluster/snapshot.ts';
import type { AccessRule } from '../policy/access.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { IdentityKey } from '../policy/identity.ts';
import type { MeshService, ServiceKey } from '../policy/service.ts';
import type { Split } from '../policy/split.ts';
import { findExcess } from '../cluster/by-age.ts';
import { refuse } from '../cluster/diagnose.ts';

/** The most sources of the TrafficTargets of a namespace, each times the ports that its proxy gets. */
export const maxOpenedOfNamespace = 262_144;

type Rules = ReadonlyMap<IdentityKey, readonly AccessRule[]>;

export interface OpenedInput {
  readonly rules: Rules;
  readonly services: ReadonlyMap<ServiceKey, MeshService>;
  readonly splits: ReadonlyMap<ServiceKey, Split>;
  readonly targets: ByName<TrafficTarget>;
}

export interface BoundedRules {
  /** The very same map while nothing is left out. */
  readonly rules: Rules;
  readonly diagnostics: readonly Diagnostic[];
}

export function boundOpened(input: OpenedInput): BoundedRules {
  const { rules } = input;
  const ports = portsBehind(input);
  let sum = 0;
  for (const [account, some] of rules) {
    const each = ports.get(account) ?? 0;
    for (const rule of some) sum += opens(rule, each);
  }
  if (sum <= maxOpenedOfNamespace) return { rules, diagnostics: [] };
  const left = tooMuch(input, ports);
  const isKept = ({ origins }: AccessRule): boolean => !left.has(origins[0]?.name ?? '');
  const kept = [...rules].map(([account, some]) => [account, some.filter(isKept)] as const);
  return {
    rules: new Map(kept.filter(([, { length }]) => length > 0)),
    diagnostics: [...left.values()],
  };
}

function opens({ sources }: AccessRule, ports: number): number {
  return Math.max(1, sources.length) * ports;
}

/** How many ports the proxy of a caller gets for each account; a Service without ports counts as one. */
function portsBehind({ services, splits }: OpenedInput): ReadonlyMap<IdentityKey, number> {
  const portsOf = (key: ServiceKey): number => Math.max(1, services.get(key)?.ports.length ?? 0);
  const apexes = new Map<ServiceKey, number>();
  for (const { apex, backends } of splits.values())
    for (const { service } of backends)
      apexes.set(service, (apexes.get(service) ?? 0) + portsOf(apex));
  const counts = new Map<IdentityKey, number>();
  for (const { key, accounts } of services.values()) {
    const ports = portsOf(key) + (apexes.get(key) ?? 0);
    for (const account of accounts) counts.set(account, (counts.get(account) ?? 0) + ports);
  }
  return counts;
}

function tooMuch(
  { rules, targets }: OpenedInput,
  ports: ReadonlyMap<IdentityKey, number>,
): ReadonlyMap<string, Diagnostic> {
  const opening = [...rules.values()].flat().flatMap((rule) => {
    const target = targets.get(rule.origins[0]?.name ?? '');
    return target === undefined
      ? []
      : [[target, opens(rule, ports.get(rule.destination) ?? 0)] as const];
  });
  return new Map(
    findExcess(opening, maxOpenedOfNamespace).map(([target, count]) => [
      target.metadata.name,
      leftOut(target, count),
    ]),
  );
}

function leftOut(target: TrafficTarget, count: number): Diagnostic {
  const [opened, most] = [String(count), String(maxOpenedOfNamespace)];
  const message = `spec.sources: the number of sources times the number of ports (of the Services that lead to spec.destination, and of TrafficSplits onto these) is ${opened}; with older TrafficTargets that exceeds ${most}, the limit of a namespace, so this TrafficTarget allows no traffic: name fewer sources, merge TrafficTargets with the same destination and rules, or delete unused Services and TrafficSplits`;
  return refuse(target, 'target-too-wide', message);
}
