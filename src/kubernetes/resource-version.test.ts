import { expect, it } from '@jest/globals';
import { compareVersions, laterVersion } from './resource-version.ts';

it('orders by number, of any length', () => {
  expect(compareVersions('9', '10')).toBeLessThan(0);
  expect(compareVersions('12345678901234567890', '12345678901234567889')).toBeGreaterThan(0);
  expect(compareVersions('7', '7')).toBe(0);
});

it('does not compare texts that are no number', () => {
  expect(compareVersions('a7', '8')).toBeUndefined();
  expect(laterVersion('8', 'a7')).toBe('a7');
  expect(laterVersion('8', '7')).toBe('8');
});
