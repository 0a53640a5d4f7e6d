import type { AccessRule } from '../policy/access.ts';
import type { IdentityKey } from '../policy/identity.ts';

/** Rules by destination. */
export type Rules = ReadonlyMap<IdentityKey, readonly AccessRule[]>;

const noRules: Rules = new Map();

/** The rules in force: none in permissive mode, where every workload of the mesh may call every other. */
export function rulesInForce(permissive: boolean, compiled: () => Rules): Rules {
  return permissive ? noRules : compiled();
}
