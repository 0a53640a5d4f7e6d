import { expect, it } from '@jest/globals';
import { Lateness } from './lateness.ts';

it('counts an answer that does not come, and nothing of a client that answers each push', () => {
  const lateness = new Lateness();
  expect([0, 1_000, 2_000].map((now) => lateness.behind([`nonce-${now}`], now))).toEqual([0, 0, 0]);
  expect([3_000, 9_000].map((now) => lateness.behind(['slow', `n-${now}`], now))).toEqual([
    0, 6_000,
  ]);
  expect(lateness.owing(['slow'], 10_000)).toBe(7_000);
});

it('counts a client that asks for nothing more, until it is owed something or is in sync', () => {
  const lateness = new Lateness();
  expect([0, 20_000].map((now) => lateness.behind([], now))).toEqual([0, 20_000]);
  expect(lateness.behind(['new'], 21_000)).toBe(0);
  expect([22_000, 23_000].map((now) => lateness.behind([], now))).toEqual([0, 1_000]);
  lateness.end();
  expect(lateness.behind([], 24_000)).toBe(0);
});
