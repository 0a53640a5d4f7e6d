import type { AccessRule } from '../../policy/access.ts';

/**
 * RBAC policies by rule name, in order of name. Two rules of one name both count (the second under
 * another key), because a policy that is lost would deny what its object allows.
 */
export function policyMap<T>(
  rules: readonly AccessRule[],
  policyOf: (rule: AccessRule) => T,
): Record<string, T> {
  const policies = new Map<string, T>();
  for (const rule of rules) {
    let key = rule.name;
    for (let n = 2; policies.has(key); n++) key = `${rule.name}#${n}`;
    policies.set(key, policyOf(rule));
  }
  return Object.fromEntries([...policies].sort(([a], [b]) => (a < b ? -1 : 1)));
}
