import { inboundChain } from '../../envoy/names.ts';
import type { AccessRule } from '../../policy/access.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import type { ServiceKey } from '../../policy/service.ts';
import { LeftToCallers } from './left-to-callers.ts';

/** What the route table of an inbound port allows, and to whom. */
export interface Grants {
  /** The rules that hold on the port: each caller that they name has a chain. */
  readonly rules: readonly AccessRule[];
  /** Everybody is allowed everything, whatever the rules say. */
  readonly permissive: boolean;
  /** The services that lead to it: each caller has a chain for each of them. */
  readonly services: readonly ServiceKey[];
  readonly pathMatch: MeshSettings['pathMatch'];
}

/**
 * The chains of those who are not allowed all by `after` that `before` allowed them: a stream that is
 * open there, or opens before Envoy has the new table, may be one that is allowed no more. `after` is
 * undefined when the port has no table any more; `table` is the table's name. The chain that permissive
 * mode has for all whom no rule names goes with permissive mode, so it is none of these.
 */
export function lostChains(
  table: string,
  before: Grants,
  after: Grants | undefined,
): readonly string[] {
  const next = after ?? { ...before, rules: [], permissive: false };
  if (next.permissive) return [];
  const services = new Set([...before.services, ...(after?.services ?? [])]);
  return [...losersOf(before, next)].flatMap((source) =>
    [...services].map((service) => inboundChain(table, service, source)),
  );
}

function losersOf(before: Grants, after: Grants): ReadonlySet<IdentityKey> {
  const left = new LeftToCallers(after.rules, after.pathMatch);
  const losers = new Set<IdentityKey>();
  for (const rule of lostRules(before, after, left))
    for (const source of left.losersOf(rule, before.pathMatch, losers)) losers.add(source);
  return losers;
}

function lostRules(
  { rules, permissive, pathMatch }: Grants,
  after: Grants,
  left: LeftToCallers,
): readonly AccessRule[] {
  if (!permissive) return rules.filter((rule) => after.pathMatch !== pathMatch || !left.has(rule));
  // Also of callers that are named only now: their chains may be there before the table that judges them.
  return [...rules, ...after.rules].map((rule) => ({ ...rule, http: 'all' }));
}
