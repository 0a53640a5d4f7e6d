import { describe, expect, it } from '@jest/globals';
import { isSetAside, isSetAsideEntry } from './set-aside.ts';

describe('setAside', () => {
  it.each(['shop/cart-1', 'shop/*', 'a.b/c.d'])('has the entry %s', (text) => {
    expect(isSetAsideEntry(text)).toBe(true);
  });
  it.each([
    'shop',
    'shop/',
    '/cart',
    '*/cart',
    '*/*',
    '*',
    'shop/cart*',
    'shop/a/b',
    ' shop/*',
    'Shop/*',
  ])('has no entry %j', (text) => {
    expect(isSetAsideEntry(text)).toBe(false);
  });
  it.each([
    ['shop/a', ['shop/a'], true],
    ['shop/a', ['shop/*'], true],
    ['shop/a', ['shop/ab'], false],
    ['shop2/a', ['shop/*'], false],
    ['shop/a', [], false],
  ] as const)('%s by %j: %s', (pod, list, is) => {
    expect(isSetAside(pod, list)).toBe(is);
  });
});
