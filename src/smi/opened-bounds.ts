// Input: the rules of a namespace and its Services. Output: the rules without those that open too much.
// Rule: a caller's proxy is told of every Service behind every account that it may reach, and by whom; so
// TrafficTargets times the Services behind their destinations are bounded; what was there first stays.
import type { TrafficTarget } from '../api/gen/traffic-target.ts';
import type { ByName } from '../cluster/snapshot.ts';
import type { AccessRule } from '../policy/access.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { IdentityKey } from '../policy/identity.ts';
import type { MeshService, ServiceKey } from '../policy/service.ts';
import { beyond } from './by-age.ts';
import { refuse } from './diagnose.ts';

/** TrafficTargets of a namespace, each times the Services behind its destination. */
export const maxOpenedOfNamespace = 262_144;

type Rules = ReadonlyMap<IdentityKey, readonly AccessRule[]>;

export interface BoundedRules {
  /** The very same map while nothing is left out. */
  readonly rules: Rules;
  readonly diagnostics: readonly Diagnostic[];
}

export function boundOpened(
  rules: Rules,
  services: ReadonlyMap<ServiceKey, MeshService>,
  targets: ByName<TrafficTarget>,
): BoundedRules {
  const counts = servicesBehind(services);
  let sum = 0;
  for (const [account, some] of rules) sum += some.length * (counts.get(account) ?? 0);
  if (sum <= maxOpenedOfNamespace) return { rules, diagnostics: [] };
  const left = tooMuch(rules, counts, targets);
  const isKept = ({ origins }: AccessRule): boolean => !left.has(origins[0]?.name ?? '');
  const kept = [...rules].map(([account, some]) => [account, some.filter(isKept)] as const);
  return {
    rules: new Map(kept.filter(([, { length }]) => length > 0)),
    diagnostics: [...left.values()],
  };
}

function servicesBehind(services: ReadonlyMap<ServiceKey, MeshService>): Map<IdentityKey, number> {
  const counts = new Map<IdentityKey, number>();
  for (const { accounts } of services.values())
    for (const account of accounts) counts.set(account, (counts.get(account) ?? 0) + 1);
  return counts;
}

function tooMuch(
  rules: Rules,
  counts: ReadonlyMap<IdentityKey, number>,
  targets: ByName<TrafficTarget>,
): ReadonlyMap<string, Diagnostic> {
  const opening = [...rules.values()].flat().flatMap(({ origins, destination }) => {
    const target = targets.get(origins[0]?.name ?? '');
    return target === undefined ? [] : [[target, counts.get(destination) ?? 0] as const];
  });
  return new Map(
    beyond(opening, maxOpenedOfNamespace).map(([target, count]) => [
      target.metadata.name,
      leftOut(target, count),
    ]),
  );
}

function leftOut(target: TrafficTarget, count: number): Diagnostic {
  const most = String(maxOpenedOfNamespace);
  const message = `spec.destination: ${String(count)} Services lead to its pods, and with those of older TrafficTargets that is more than the ${most} that the mesh opens of one namespace, so it allows nothing: put the sources of TrafficTargets with the same destination and rules into one of them, or delete Services that nobody calls`;
  return refuse(target, 'target-too-wide', message);
}
