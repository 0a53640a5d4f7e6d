import { describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { FairTurns } from './fair-turns.ts';

function busy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('work in fair turns', () => {
  it('is done at once while there is time, and in order, later, when there is none', async () => {
    const turns = new FairTurns();
    const done: string[] = [];
    expect(turns.run(() => done.push('small'))).toBe(true);
    expect(turns.run(() => busy(11))).toBe(true);
    for (const name of ['a', 'b', 'c'])
      expect(
        turns.run(() => {
          done.push(name);
          busy(11);
        }),
      ).toBe(false);
    expect(done).toEqual(['small']);
    await turn();
    expect(done).toEqual(['small', 'a']);
    expect(turns.run(() => done.push('d'))).toBe(false);
    for (let count = 0; count < 4; count += 1) await turn();
    expect(done).toEqual(['small', 'a', 'b', 'c', 'd']);
    expect(turns.run(() => done.push('e'))).toBe(true);
  });
});
