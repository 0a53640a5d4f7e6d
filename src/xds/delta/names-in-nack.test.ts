import { expect, it } from '@jest/globals';
import { namesInNack } from './names-in-nack.ts';

const names = [
  'outbound/shop/cart/80',
  'outbound/shop/cart/8080',
  'shop/cart/80',
  'outbound-pod/fd00::5/80',
];

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
  [
    'a name with colons',
    'listener',
    'Error adding/updating listener(s) outbound-pod/fd00::5/80: x',
    ['outbound-pod/fd00::5/80'],
  ],
] as const)('finds %s', (...[, type, message, blamed]) => {
  expect(namesInNack(type, message, names)).toEqual(blamed);
});

it('costs what the text is long, whatever it says and however many names there are (S6)', () => {
  const many = Array.from({ length: 5_000 }, (_, index) => `outbound/shop/service-${index}/80`);
  const beginning = 'Error adding/updating listener(s) ';
  for (const words of ['outbound/shop/service-', ':', 'outbound/shop/service-1/80 ', ' : ']) {
    const message = beginning + words.repeat(Math.ceil(4_096 / words.length));
    const began = performance.now();
    for (let turn = 0; turn < 20; turn += 1) namesInNack('listener', message, many);
    expect((performance.now() - began) / 20).toBeLessThan(20);
  }
});
