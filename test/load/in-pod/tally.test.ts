import { expect, it } from '@jest/globals';
import { Tally } from './tally.ts';

it('counts, and knows the quantiles to 4 %', () => {
  const tally = new Tally();
  for (let ms = 1; ms <= 1000; ms += 1) {
    tally.send();
    tally.succeed(ms);
  }
  const { sent, ok, failed, p50, p99 } = tally.totals();
  expect({ sent, ok, failed }).toEqual({ sent: 1000, ok: 1000, failed: 0 });
  expect(p50).toBeGreaterThanOrEqual(500);
  expect(p50).toBeLessThanOrEqual(520);
  expect(p99).toBeGreaterThanOrEqual(990);
  expect(p99).toBeLessThanOrEqual(1030);
});

it('counts every failure and reports the first', () => {
  const tally = new Tally();
  for (let at = 0; at < 50; at += 1) {
    tally.send();
    expect(tally.fail({ atMs: at, reason: 'x' })).toBe(at < 20);
  }
  const { failed, firstFailures, p50, p99 } = tally.totals();
  expect([failed, firstFailures.length, firstFailures[0], p50, p99]).toEqual([
    50,
    20,
    { atMs: 0, reason: 'x' },
    0,
    0,
  ]);
});
