import { describe, expect, it } from '@jest/globals';
import { FakeClock, settle } from '../../../test/support/time/fake-clock.ts';
import { SteppingClock } from '../../../test/support/time/stepping-clock.ts';
import { busyError, Throttle } from './throttle.ts';

const signal = new AbortController().signal;
const away = (): Error => busyError('away', { kind: 'away' });
const slowDown = (retryAfterMs = 0): Error =>
  busyError('slow', { kind: 'slow-down', retryAfterMs });

function make(clock = new FakeClock()): { readonly clock: FakeClock; readonly throttle: Throttle } {
  return {
    clock,
    throttle: new Throttle({ clock, random: () => 0, parallel: 2, limitMs: 20_000 }),
  };
}

/** Work that throws what is left in `faults`, and notes when it was called. */
function work(clock: FakeClock, faults: (Error | undefined)[]) {
  const at: number[] = [];
  const call = (): Promise<string> => {
    at.push(clock.now());
    const fault = faults.shift();
    return fault === undefined ? Promise.resolve('done') : Promise.reject(fault);
  };
  return { at, call };
}

describe('a throttle', () => {
  it('lets so many work at once, and the next when one is done', async () => {
    const { throttle } = make();
    let under = 0;
    let most = 0;
    const releases: (() => void)[] = [];
    const call = async (): Promise<void> => {
      most = Math.max(most, (under += 1));
      await new Promise<void>((resolve) => releases.push(resolve));
      under -= 1;
    };
    const all = Promise.all([1, 2, 3, 4, 5].map(() => throttle.run(call, signal)));
    for (let turn = 0; turn < 5; turn += 1) {
      await settle();
      releases.shift()?.();
    }
    await all;
    expect(most).toBe(2);
  });

  it('forgets a caller that gave up waiting', async () => {
    const { throttle } = make();
    const releases: (() => void)[] = [];
    const call = (): Promise<void> => new Promise((resolve) => releases.push(resolve));
    const first = [throttle.run(call, signal), throttle.run(call, signal)];
    const end = new AbortController();
    const given = throttle.run(call, end.signal);
    const last = throttle.run(call, signal);
    await settle();
    end.abort(new Error('no more'));
    await expect(given).rejects.toThrow('no more');
    for (let turn = 0; turn < 3; turn += 1) {
      releases.shift()?.();
      await settle();
    }
    await Promise.all([...first, last]);
  });

  it('waits as long as the API server asks, and so do all callers', async () => {
    const { throttle, clock } = make();
    const one = work(clock, [slowDown(7_000)]);
    const done = throttle.run(one.call, signal);
    await settle();
    const other = work(clock, []);
    const second = throttle.run(other.call, signal);
    await clock.advance(6_900);
    expect(other.at).toEqual([]);
    await clock.advance(200);
    await Promise.all([done, second]);
    expect(one.at[1]! - one.at[0]!).toBe(7_000);
    expect(other.at[0]).toBe(one.at[1]);
  });

  it('tries again and again while there is time when it is to slow down', async () => {
    const { throttle, clock } = make();
    const { at, call } = work(
      clock,
      Array.from({ length: 100 }, () => slowDown()),
    );
    const done = throttle.run(call, signal).catch((error: unknown) => error);
    await clock.advance(30_000);
    expect(await done).toMatchObject({ code: 'issuer-unavailable', message: 'slow' });
    expect(at.length).toBeGreaterThan(5);
    expect(at.at(-1)! - at[0]!).toBeLessThanOrEqual(20_000);
  });

  it('gives up soon when the API server does not answer, and at once on any other fault', async () => {
    const { throttle, clock } = make();
    const gone = work(clock, [away(), away(), away(), away()]);
    const done = throttle.run(gone.call, signal).catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(await done).toMatchObject({ message: 'away' });
    expect(gone.at).toHaveLength(3);
    const odd = work(clock, [new Error('odd'), new Error('odd')]);
    await expect(throttle.run(odd.call, signal)).rejects.toThrow('odd');
    expect(odd.at).toHaveLength(1);
  });

  it('does not call when the pause is longer than there is time', async () => {
    const { throttle, clock } = make();
    const one = work(clock, [slowDown(55_000)]);
    await expect(throttle.run(one.call, signal)).rejects.toThrow('slow');
    const other = work(clock, []);
    await expect(throttle.run(other.call, signal)).rejects.toThrow('slow');
    expect([one.at.length, other.at.length]).toEqual([1, 0]);
    await clock.advance(55_000);
    await throttle.run(other.call, signal);
  });

  it('does not wait for a pause that a step of the clock made longer', async () => {
    const clock = new SteppingClock();
    const { throttle } = make(clock);
    const one = work(clock, [slowDown(55_000)]);
    await expect(throttle.run(one.call, signal)).rejects.toThrow('slow');
    clock.step(-3_600_000);
    await throttle.run(one.call, signal);
  });
});
