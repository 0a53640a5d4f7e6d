import { describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '../common/clock.ts';
import { Debouncer } from './debouncer.ts';

describe('Debouncer', () => {
  it('runs an isolated trigger in the same turn of the event loop', async () => {
    let runs = 0;
    const debouncer = new Debouncer(
      () => void (runs += 1),
      systemClock,
      () => undefined,
    );
    debouncer.trigger();
    expect(runs).toBe(0);
    await turn();
    expect(runs).toBe(1);
  });

  it('makes one run of the triggers that come while it works', async () => {
    let runs = 0;
    let finish = (): void => undefined;
    const work = (): Promise<void> => {
      runs += 1;
      return new Promise((resolve) => (finish = resolve));
    };
    const debouncer = new Debouncer(work, systemClock, () => undefined);
    debouncer.trigger();
    await turn();
    for (let i = 0; i < 100; i += 1) debouncer.trigger();
    finish();
    await systemClock.sleep(50, new AbortController().signal);
    finish();
    await systemClock.sleep(50, new AbortController().signal);
    expect(runs).toBe(2);
  });

  it('reports work that throws and goes on', async () => {
    const errors: unknown[] = [];
    let runs = 0;
    const work = (): void => {
      runs += 1;
      if (runs === 1) throw new Error('first');
    };
    const debouncer = new Debouncer(work, systemClock, (error) => errors.push(error));
    debouncer.trigger();
    await turn();
    debouncer.trigger();
    await systemClock.sleep(50, new AbortController().signal);
    expect(runs).toBe(2);
    expect(errors).toHaveLength(1);
  });
});
