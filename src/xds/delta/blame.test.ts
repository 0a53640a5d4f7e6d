import { expect, it } from '@jest/globals';
import { blame } from './blame.ts';

const names = ['outbound/shop/cart/80', 'outbound/shop/cart/8080', 'shop/cart/80'];

it.each([
  [
    'one listener',
    'listener',
    'Error adding/updating listener(s) outbound/shop/cart/8080: no filter\n',
    ['outbound/shop/cart/8080'],
  ],
  [
    'two listeners',
    'listener',
    'Error adding/updating listener(s) outbound/shop/cart/80: x\noutbound/shop/cart/8080: y\n',
    ['outbound/shop/cart/80', 'outbound/shop/cart/8080'],
  ],
  [
    'two clusters',
    'cluster',
    'Error adding/updating cluster(s) shop/cart/80: x, other: y',
    ['shop/cart/80'],
  ],
  ['nothing', 'cluster', 'Proto constraint validation failed (shop/cart/80: x)', []],
  ['nothing in a route', 'route', 'Error adding/updating listener(s) shop/cart/80: x', []],
] as const)('finds %s', (...[, type, message, blamed]) => {
  expect(blame(type, message, names)).toEqual(blamed);
});
