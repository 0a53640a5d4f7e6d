import { expect, it } from '@jest/globals';
import { wordsOf } from './follow-switch.ts';

const rotation = { to: 'weft-root-2', phase: 'Settle' } as const;

const words: readonly (readonly [string, object, string])[] = [
  [
    'before the first count',
    { message: 'The control plane reads the new step.' },
    'The control plane reads the new step.',
  ],
  [
    'that waits for many',
    { acknowledged: 1, total: 5, waiting: ['a/1', 'a/2', 'b/1', 'b/2'] },
    '1/5 proxies   waiting for a/1, a/2 and 2 more',
  ],
  ['that waits for nobody', { acknowledged: 5, total: 5, waiting: [] }, '5/5 proxies'],
  ['with much to say', { message: 'x'.repeat(300) }, `${'x'.repeat(100)}…`],
];
it.each(words)('a stage %s is one line', (_, change, expected) => {
  const line = wordsOf({ atMs: 0, elapsedMs: 12_000, rotation: { ...rotation, ...change } });
  expect(line).toMatch(/^ {3}12s {2}Settle {5}/);
  expect(line.endsWith(` ${expected}`)).toBe(true);
});
