import { expect, it } from '@jest/globals';
import { Penalties } from './penalties.ts';

it('makes a pod wait from its last excess on, and forgets it then', () => {
  let now = 0;
  const penalties = new Penalties(10, () => now);
  for (const uid of ['a', 'b']) penalties.add(uid);
  expect([penalties.has('a'), penalties.has('c')]).toEqual([true, false]);
  now = 9;
  penalties.add('a');
  now = 10;
  expect([penalties.has('a'), penalties.has('b')]).toEqual([true, false]);
  now = 19;
  expect(penalties.has('a')).toBe(false);
});
