import { describe, expect, it } from '@jest/globals';
import { parseDuration } from './duration.ts';
import { leafValidity } from './validity.ts';

describe('parseDuration', () => {
  it.each([
    ['24h', 86_400_000],
    ['1h30m', 5_400_000],
    ['10m', 600_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['1.s', 1_000],
    ['2h45m0.5s', 9_900_500],
    ['300ms', 300],
    ['1us', 0.001],
    ['1µs', 0.001],
    ['1ns', 0.000001],
    ['-1m', -60_000],
    ['+1m', 60_000],
    ['0', 0],
    ['-0', -0],
  ])('reads %s', (text, milliseconds) => {
    const parsed = parseDuration(text);
    expect('milliseconds' in parsed && parsed.milliseconds).toBeCloseTo(milliseconds, 9);
  });

  it.each([
    '',
    '24',
    '1',
    'h',
    '1h 30m',
    '1d',
    '1H',
    '--1h',
    '-',
    '.h',
    '1h-30m',
    '1e3s',
    ' 1h',
    '1h ',
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toEqual({ problem: expect.stringContaining('duration') });
  });
});

describe('leafValidity', () => {
  it.each<[string | undefined, number, boolean]>([
    [undefined, 24 * 3_600_000, false],
    ['1h', 3_600_000, false],
    ['10m', 600_000, false],
    ['9m59s', 600_000, true],
    ['-1h', 600_000, true],
    ['a day', 24 * 3_600_000, true],
  ])('reads %s', (setting, validityMs, hasProblem) => {
    const read = leafValidity(setting);
    expect(read.validityMs).toBe(validityMs);
    expect(read.problem !== undefined).toBe(hasProblem);
  });
});
