import { expect, it } from '@jest/globals';
import { elapsed } from './progress.ts';

it.each([
  [0, '0.0s'],
  [9_949, '9.9s'],
  [9_950, '10s'],
  [59_400, '59s'],
  [59_600, '1m00s'],
  [185_000, '3m05s'],
  [3_600_000, '60m00s'],
])('%d ms is %s', (ms, text) => {
  expect(elapsed(ms)).toBe(text);
});
