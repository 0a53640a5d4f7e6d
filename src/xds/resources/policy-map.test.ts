import { describe, expect, it } from '@jest/globals';
import type { AccessRule } from '../../policy/access.ts';
import { policyMap } from './policy-map.ts';

describe('policyMap', () => {
  const match = { name: 'g/m', pathRegex: '/a', methods: [], headers: [] };
  const rule = (name: string, sources: readonly string[], http: AccessRule['http']): AccessRule =>
    ({
      name,
      sources,
      http,
      ports: 'all',
      origins: [],
      destination: 'shop/x',
    }) as unknown as AccessRule;

  it('makes rules that allow the very same requests one policy, under the first name', () => {
    const rules = [
      rule('shop/a', ['b/x', 'a/x'], [match]),
      rule('shop/b', ['c/x', 'a/x'], [match]),
      rule('shop/c', ['d/x'], [{ ...match }]),
      rule('shop/d', ['e/x'], 'all'),
    ];
    expect([...policyMap(rules)].map(([name, { sources }]) => [name, sources])).toEqual([
      ['shop/a', ['a/x', 'b/x', 'c/x']],
      ['shop/c', ['d/x']],
      ['shop/d', ['e/x']],
    ]);
  });

  it('loses no rule of two with one name', () => {
    const rules = [rule('shop/a', ['a/x'], [match]), rule('shop/a', ['b/x'], 'all')];
    expect([...policyMap(rules).keys()]).toEqual(['shop/a', 'shop/a#2']);
  });
});
