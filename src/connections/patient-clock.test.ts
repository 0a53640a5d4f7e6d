import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

const real = performance.now.bind(performance);

describe('the patient clock', () => {
  let now: number;
  let patientNow: () => number;

  beforeEach(async () => {
    // Whole, so that the sums are exact.
    now = Math.ceil(real());
    jest.useFakeTimers({ now: 0 });
    performance.now = () => now;
    jest.resetModules();
    ({ patientNow } = await import('./patient-clock.ts'));
  });
  afterEach(() => {
    jest.useRealTimers();
    performance.now = real;
  });

  /** The timers run on time. */
  function listen(ms: number): void {
    for (let left = ms; left > 0; left -= 25) {
      now += 25;
      jest.advanceTimersByTime(25);
    }
  }

  /** Nothing runs in that time. */
  function work(ms: number): void {
    now += ms;
    jest.advanceTimersByTime(25);
  }

  it('counts the time in which the process listens, and barely the time in which it works', () => {
    const begin = patientNow();
    listen(500);
    expect(patientNow() - begin).toBe(500);
    work(3_000);
    expect(patientNow() - begin).toBe(550);
  });

  it('wakes once a second while no caller asks for the time, and still counts that time', () => {
    const begin = patientNow();
    listen(2_000);
    expect(jest.getTimerCount()).toBe(1);
    listen(10_500);
    const asked = patientNow() - begin;
    expect(asked).toBe(12_500);
    listen(100);
    expect(patientNow() - begin).toBe(asked + 100);
  });

  it('counts at most a second when work began while no caller asked for the time', () => {
    const begin = patientNow();
    listen(5_000);
    now += 60_000;
    expect(patientNow() - begin).toBeLessThanOrEqual(5_000 + 1_050);
  });
});
