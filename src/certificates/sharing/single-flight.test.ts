import { beforeEach, describe, expect, it } from '@jest/globals';
import { SingleFlight } from './single-flight.ts';

describe('work that is shared', () => {
  let flights: SingleFlight<number>;
  let started: AbortSignal[];
  let finish: (value: number) => void;
  let fail: (error: Error) => void;
  const never = new AbortController().signal;

  const work = (signal: AbortSignal): Promise<number> => {
    started.push(signal);
    return new Promise((resolve, reject) => {
      [finish, fail] = [resolve, reject];
    });
  };

  beforeEach(() => {
    flights = new SingleFlight();
    started = [];
  });

  it('is done once for all waiting callers, and again for a later caller', async () => {
    const both = [flights.join('a', work, never), flights.join('a', work, never)];
    finish(1);
    expect(await Promise.all(both)).toEqual([1, 1]);
    expect(started).toHaveLength(1);
    const later = flights.join('a', work, never);
    finish(2);
    expect(await later).toBe(2);
  });

  it('is apart for each key', async () => {
    const one = flights.join('a', work, never);
    finish(1);
    const other = flights.join('b', work, never);
    finish(2);
    expect([await one, await other]).toEqual([1, 2]);
  });

  it('fails for all waiting callers, and is tried again by the next caller', async () => {
    const both = [flights.join('a', work, never), flights.join('a', work, never)];
    fail(new Error('no'));
    for (const one of both) await expect(one).rejects.toThrow('no');
    const next = flights.join('a', work, never);
    finish(3);
    expect(await next).toBe(3);
  });

  it('goes on when the first one leaves, and is given up when the last one has', async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const one = flights.join('a', work, first.signal);
    const other = flights.join('a', work, second.signal);
    first.abort(new Error('gone'));
    await expect(one).rejects.toThrow('gone');
    expect(started[0]?.aborted).toBe(false);
    second.abort(new Error('gone too'));
    await expect(other).rejects.toThrow('gone too');
    expect(started[0]?.aborted).toBe(true);
    const next = flights.join('a', work, never);
    finish(4);
    expect(await next).toBe(4);
  });
});
