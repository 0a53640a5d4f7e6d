import { expect, it } from '@jest/globals';
import { Openings } from './openings.ts';

it('lets each pod open so many streams in a while, and begins anew after it', () => {
  let now = 0;
  const openings = new Openings(2, 10, () => now);
  expect(['a', 'a', 'b', 'a', 'b'].map((uid) => openings.add(uid))).toEqual([
    ...[true, true, true, false, true],
  ]);
  now = 9;
  expect(openings.add('a')).toBe(false);
  now = 10;
  expect(['a', 'a', 'a'].map((uid) => openings.add(uid))).toEqual([true, true, false]);
});
