import { inboundChain } from '../../envoy/names.ts';
import type { AccessRule } from '../../policy/access.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import type { ServiceKey } from '../../policy/service.ts';
import { LeftToCallers } from './left-to-callers.ts';

/** What the route table of an inbound port allows, and to which callers. */
export interface Grants {
  /** The rules that apply to the port. Each caller that they name has a chain. */
  readonly rules: readonly AccessRule[];
  /** Every caller is allowed everything, whatever the rules say. */
  readonly permissive: boolean;
  /** The services that lead to the port. Each caller has a chain for each of them. */
  readonly services: readonly ServiceKey[];
  readonly pathMatch: MeshSettings['pathMatch'];
}

/**
 * The chains of callers that `before` allowed something that `after` no longer allows. A stream that is open there, or
 * opens before Envoy has the new table, may no longer be allowed. `after` is undefined when the port has no table any
 * more; `table` is the table's name. The chain of permissive mode for callers that no rule names ends with permissive
 * mode, so it is not among them.
 */
export function findLostChains(
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
  // Includes callers named only now: their chains may exist before the table that decides about them.
  return [...rules, ...after.rules].map((rule) => ({ ...rule, http: 'all' }));
}
