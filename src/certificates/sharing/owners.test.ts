import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { identityKey, type IdentityKey } from '../../policy/identity.ts';
import { ownersOf } from './owners.ts';

const name = fc.stringMatching(/^[a-z]{1,3}\/[a-z0-9]{1,6}$/);
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 6 });
const account = name.map((text) => text as IdentityKey);

describe('the owner of an identity', () => {
  it('is the same at every replica that knows the same replicas, in any order', () => {
    const shuffled = names.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(account, shuffled, (identity, [all, others]) => {
        expect(ownersOf(identity, others)).toEqual(ownersOf(identity, all));
        expect([...ownersOf(identity, all)].sort()).toEqual([...all].sort());
      }),
    );
  });

  it('changes only to a replica that came or from a replica that went, and the order of all others stays', () => {
    fc.assert(
      fc.property(account, names, name, (identity, all, newcomer) => {
        const without = all.filter((one) => one !== newcomer);
        const now = ownersOf(identity, [...without, newcomer]);
        const before = ownersOf(identity, without);
        expect(now.filter((one) => one !== newcomer)).toEqual(before);
        expect([newcomer, before[0]]).toContain(now[0]);
      }),
    );
  });

  it('was the second before, where the new one has just come', () => {
    fc.assert(
      fc.property(account, names, name, (identity, all, newcomer) => {
        const without = all.filter((one) => one !== newcomer);
        const [first, second] = ownersOf(identity, [...without, newcomer]);
        if (first === newcomer) expect(second).toBe(ownersOf(identity, without)[0]);
      }),
    );
  });

  it('is each replica for its part', () => {
    const replicas = ['weft-system/a', 'weft-system/b', 'weft-system/c'];
    const counts = new Map(replicas.map((one) => [one, 0]));
    for (let index = 0; index < 3_000; index += 1) {
      const identity = identityKey({ namespace: 'shop', serviceAccount: `cart-${index}` });
      const [owner = ''] = ownersOf(identity, replicas);
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
    }
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});
