import { expect, it } from '@jest/globals';
import { Openings } from './openings.ts';

it('lets each pod open a limited number of streams in a period, and counts again after it', () => {
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
