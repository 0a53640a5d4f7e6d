import type { AccessRule } from '../../policy/access.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { httpKey } from '../../policy/same-http.ts';

/** What rules that allow the very same requests say together. */
export interface Grant extends Pick<AccessRule, 'http'> {
  readonly sources: readonly IdentityKey[];
}

/**
 * The RBAC policies of some rules, in order of name. Rules that allow the very same requests are one
 * policy, under the first name: matches are much longer than sources. Two rules of one name that differ
 * both count (the second under another key), because a policy that is lost would deny what its object
 * allows.
 */
export function policyMap(rules: readonly AccessRule[]): ReadonlyMap<string, Grant> {
  const policies = new Map<string, Grant>();
  for (const alike of byHttp(rules)) {
    const [first] = alike;
    if (first === undefined) continue;
    let key = first.name;
    for (let n = 2; policies.has(key); n++) key = `${first.name}#${n}`;
    const sources =
      alike.length === 1
        ? first.sources
        : [...new Set(alike.flatMap((rule) => rule.sources))].sort();
    policies.set(key, { http: first.http, sources });
  }
  return new Map([...policies].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function byHttp(rules: readonly AccessRule[]): Iterable<readonly AccessRule[]> {
  const groups = new Map<string, AccessRule[]>();
  for (const rule of rules) {
    const key = httpKey(rule.http);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [rule]);
    else known.push(rule);
  }
  return groups.values();
}
