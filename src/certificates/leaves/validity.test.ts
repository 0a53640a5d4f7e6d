import { expect, it } from '@jest/globals';
import { leafValidity } from './validity.ts';

it.each<[string | undefined, number, boolean]>([
  [undefined, 24 * 3_600_000, false],
  ['1h', 3_600_000, false],
  ['10m', 600_000, false],
  ['9m59s', 600_000, true],
  ['0', 600_000, true],
  ['-1h', 24 * 3_600_000, true],
  ['a day', 24 * 3_600_000, true],
])('leafValidity reads %s', (setting, validityMs, hasProblem) => {
  const read = leafValidity(setting);
  expect(read.validityMs).toBe(validityMs);
  expect(read.problem !== undefined).toBe(hasProblem);
});
