import { expect, it } from '@jest/globals';
import { backOffMs } from './back-off.ts';

const limits = { baseMs: 100, maxMs: 1000 };

const cases = [
  { failures: 1, random: 0, ms: 50 },
  { failures: 1, random: 1, ms: 100 },
  { failures: 2, random: 1, ms: 200 },
  { failures: 4, random: 1, ms: 800 },
  { failures: 5, random: 1, ms: 1000 },
  { failures: 1e9, random: 0, ms: 500 },
  { failures: 0, random: 1, ms: 100 },
];

for (const { failures, random, ms } of cases) {
  it(`waits ${String(ms)} ms after ${String(failures)} failures with luck ${String(random)}`, () => {
    expect(backOffMs(failures, limits, () => random)).toBe(ms);
  });
}
