import { describe, expect, it } from '@jest/globals';
import type { Resource } from '../resources/resource.ts';
import { SharedQuarantine } from './quarantine.ts';

const resource = { name: 'a', version: '1' } as Resource;

describe('a resource that was refused', () => {
  it('is a suspect to all once two identities refused it, and to none when one took it', () => {
    const shared = new SharedQuarantine();
    const [cart, till, web] = ['shop/cart', 'shop/till', 'shop/web'].map((one) =>
      shared.reportsFor(one),
    );
    for (let pod = 0; pod < 3; pod += 1) shared.reportsFor('shop/cart').add(resource);
    expect([cart?.has(resource), web?.has(resource)]).toEqual([false, false]);
    till?.add(resource);
    expect([cart?.has(resource), web?.has(resource)]).toEqual([true, true]);
    web?.delete(resource);
    expect(cart?.has(resource)).toBe(false);
  });
});
