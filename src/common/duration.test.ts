import { describe, expect, it } from '@jest/globals';
import { parseDuration } from './duration.ts';

describe('parseDuration', () => {
  it.each([
    ['24h', 86_400_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['.5s', 500],
    ['250ms', 250],
    ['0', 0],
    ['0s', 0],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBeCloseTo(ms);
  });

  it.each(['', '24', 'h', '1d', '1h 30m', '-1s', '1,5s', 'NaNs'])('"%s" is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});
