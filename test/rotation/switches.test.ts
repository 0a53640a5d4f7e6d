import { expect, it } from '@jest/globals';
import { start, way } from './switches.ts';

it('is nine switches: every ordered pair of providers, and each provider to another root of its own', () => {
  const stops = [start, ...way];
  const steps = way.map((to, at) => [stops[at]!, to] as const);
  const pairs = steps.map(([from, to]) => `${from.provider.kind} → ${to.provider.kind}`);
  const kinds = ['builtIn', 'certManager', 'vault'];
  expect([...pairs].sort()).toEqual(
    kinds.flatMap((from) => kinds.map((to) => `${from} → ${to}`)).sort(),
  );
  for (const [from, to] of steps) expect(from).not.toBe(to);
});
