import { expect, it } from '@jest/globals';
import { makeSchedule } from './schedule.ts';

it('tells each exchange its own time, also those that are late', () => {
  let now = 1000;
  const { due } = makeSchedule(100, { now: () => now });
  expect(due()).toEqual([]);
  now = 1025;
  expect(due()).toEqual([1010, 1020]);
  expect(due()).toEqual([]);
  now = 1030;
  expect(due()).toEqual([1030]);
  now = 2000;
  const late = due();
  expect([late.length, late[0], late.at(-1)]).toEqual([97, 1040, 2000]);
});

it('keeps to rates that divide no second evenly', () => {
  let now = 0;
  const { due } = makeSchedule(0.3, { now: () => now });
  let dueCount = 0;
  for (now = 0; now <= 60_000; now += 7) dueCount += due().length;
  expect(dueCount).toBe(17);
});
