import type { AccessRule } from '../../policy/access.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { httpKey } from '../../policy/same-http.ts';

/** Rules that allow the very same requests, merged. */
export interface Grant extends Pick<AccessRule, 'http'> {
  readonly sources: readonly IdentityKey[];
}

/**
 * The RBAC policies of some rules, sorted by name. Rules that allow the very same requests become one policy, under the
 * first name, because matches are much longer than sources. If two rules with one name differ, both count (the second
 * under another key): a lost policy would deny what its object allows.
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
