import { expect, it } from '@jest/globals';
import type { Stage } from '../../tools/issuers/follow-switch.ts';
import { type Passage, placeInTime } from './timeline.ts';

const stage = (atMs: number, phase: Stage['rotation']['phase']): Stage => ({
  atMs,
  elapsedMs: atMs - 1000,
  rotation: { to: 'weft-root-2', phase },
});
const passages: readonly Passage[] = [
  {
    title: 'a → b',
    beganMs: 1000,
    stages: [stage(1500, 'Preflight'), stage(4000, 'TrustBoth')],
    doneMs: 10_000,
  },
];

it.each([
  [900, 'before the first switch'],
  [1200, '0.2 s into "a → b", before its first phase'],
  [3999, '3.0 s into "a → b", Preflight'],
  [10_000, '9.0 s into "a → b", TrustBoth'],
  [10_100, '9.1 s into "a → b", when it was done'],
])('%d', (atMs, expected) => {
  expect(placeInTime(atMs, passages)).toBe(expected);
});
