import { expect, it } from '@jest/globals';
import { formatSpan } from './span.ts';

it.each([
  [-5, '0s'],
  [0, '0s'],
  [999, '0s'],
  [1000, '1s'],
  [134_000, '2m 14s'],
  [120_999, '2m'],
  [3_599_999, '59m 59s'],
  [3_600_000, '1h'],
  [54_900_000, '15h 15m'],
  [86_400_000 * 30, '30d'],
  [86_400_000 * 365 * 10 - 1, '9y 364d'],
])('%d ms is %s', (ms, expected) => {
  expect(formatSpan(ms)).toBe(expected);
});
