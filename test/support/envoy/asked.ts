import { expect } from '@jest/globals';

/** The lines of `streams.mjs ask` or `dial` that tell of failures. Fails unless more than 20 calls were made and all others answered. */
export function failuresOf(printed: string): readonly string[] {
  const lines = printed.trim().split('\n');
  const failures = lines.filter((line) => line.startsWith('failed'));
  const [, asked = '', answered = ''] =
    /^asked (\d+) answered (\d+)$/.exec(lines.at(-1) ?? '') ?? [];
  expect(Number(asked)).toBeGreaterThan(20);
  expect(Number(answered) + failures.length).toBe(Number(asked));
  return failures;
}
