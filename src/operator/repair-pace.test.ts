import { describe, expect, it } from '@jest/globals';
import { RepairPace } from './repair-pace.ts';

/** Repairs at the first moment allowed, again and again; the waits between. */
function waits(count: number): number[] {
  const pace = new RepairPace();
  let now = 0;
  return Array.from({ length: count }, () => {
    const wait = pace.wait('x', now);
    now += wait;
    pace.repaired('x', now);
    return wait;
  });
}

describe('RepairPace', () => {
  it('repairs three times at once, then with growing pauses, but always within 5 s', () => {
    expect(waits(8)).toEqual([0, 0, 0, 1000, 2000, 4000, 4000, 4000]);
  });

  it('forgets after a quiet minute', () => {
    const pace = new RepairPace();
    for (let time = 0; time < 9; time += 1) pace.repaired('x', time);
    expect(pace.wait('x', 10)).toBeGreaterThan(0);
    expect(pace.wait('x', 60_008)).toBe(0);
    pace.repaired('x', 60_008);
    expect(pace.wait('x', 60_009)).toBe(0);
  });

  it('counts each object for itself', () => {
    const pace = new RepairPace();
    for (let time = 0; time < 9; time += 1) pace.repaired('x', time);
    expect(pace.wait('y', 10)).toBe(0);
  });
});
