import { describe, expect, it } from '@jest/globals';
import { staysTrueFor } from './stays-true-for.ts';
import { msUntil, until } from './until.ts';

const soon = { withinMs: 30, pauseMs: 1 };

describe('until', () => {
  it('gives the first answer that is neither undefined nor false', async () => {
    const answers = [undefined, false, 0, 1];
    expect(await until(() => answers.shift())).toBe(0);
  });

  it('gives the first answer that holds, an answer of undefined too', async () => {
    const answers = ['there', 'there', undefined];
    const holds = (answer?: string): boolean => answer === undefined;
    expect(await until(() => answers.shift(), { holds })).toBeUndefined();
    expect(answers).toEqual([]);
  });

  it('looks again after a look that throws', async () => {
    let looks = 0;
    const look = (): string => {
      looks += 1;
      if (looks < 3) throw new Error('not there yet');
      return 'there';
    };
    expect(await until(look)).toBe('there');
  });

  it('says what it awaited, for how long, the last answer, and what there is to see', async () => {
    const failure = until(() => Promise.resolve({ ready: 1 }), {
      ...soon,
      holds: ({ ready }) => ready === 2,
      what: 'two replicas',
      seen: () => Promise.resolve('the log'),
    });
    await expect(failure).rejects.toThrow(
      /^not within 0\.\d s: two replicas; the last answer was \{ ready: 1 \}\nthe log$/,
    );
  });

  it('names the look itself where nothing else says what is awaited', async () => {
    const count: number = 1;
    const failure = until(() => count === 2, soon);
    await expect(failure).rejects.toThrow(/: \(\) => count === 2; the last answer was false$/);
  });

  it('says with what the last look failed', async () => {
    const cause = new Error('nobody listens');
    const failure = until(() => Promise.reject(cause), soon);
    await expect(failure).rejects.toThrow(/; it threw nobody listens$/);
    await expect(until(() => Promise.reject(cause), soon)).rejects.toMatchObject({ cause });
  });

  it('counts the milliseconds', async () => {
    const since = performance.now();
    const took = await msUntil(() => performance.now() - since > 25, { pauseMs: 1 });
    expect(took).toBeGreaterThan(20);
  });
});

describe('staysTrueFor', () => {
  it('looks to the end of the time', async () => {
    const since = performance.now();
    let looks = 0;
    await staysTrueFor(50, 'it holds', () => (looks += 1) > 0);
    expect(performance.now() - since).toBeGreaterThanOrEqual(50);
    expect(looks).toBeGreaterThan(1);
  });

  it('fails at the first look that is false, and says of what and when', async () => {
    const answers = [true, false];
    const failure = staysTrueFor(10_000, 'the leader', () => answers.shift() ?? true);
    await expect(failure).rejects.toThrow(/^not for 10000 ms, but for \d+ ms: the leader; \(\) =>/);
  });
});
