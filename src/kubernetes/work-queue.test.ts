import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FakeClock, settle } from '../../test/support/time/fake-clock.ts';
import { WeftError } from '../common/errors.ts';
import { silentLogger } from '../common/logger.ts';
import { type Result, WorkQueue, type WorkQueueDeps } from './work-queue.ts';

const patience = { baseMs: 100, maxMs: 1000 };

function start(
  worker: (key: string) => Promise<Result>,
  { workers = 1, ...more }: Partial<WorkQueueDeps> & { readonly workers?: number } = {},
): { queue: WorkQueue<string>; clock: FakeClock; stop: () => Promise<void> } {
  const clock = new FakeClock();
  const queue = new WorkQueue<string>({
    clock,
    random: () => 1,
    log: silentLogger,
    backOff: patience,
    ...more,
  });
  const over = new AbortController();
  const ended = queue.run(worker, over.signal, { workers });
  const stop = async (): Promise<void> => {
    over.abort();
    await ended;
    expect(clock.sleeping).toBe(0);
  };
  return { queue, clock, stop };
}

describe('WorkQueue', () => {
  it('works once on a key that was added many times', async () => {
    const done: string[] = [];
    const { queue, stop } = start((key) => {
      done.push(key);
      return Promise.resolve(undefined);
    });
    for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
    await settle();
    expect(done).toEqual(['a', 'b']);
    await stop();
  });

  it('works again, afterwards, on a key that was added during its run', async () => {
    const gates: (() => void)[] = [];
    const { queue, stop } = start(
      () => new Promise((resolve) => gates.push(() => resolve(undefined))),
      { workers: 2 },
    );
    queue.add('a');
    await settle();
    queue.add('a');
    queue.add('a');
    await settle();
    expect(gates).toHaveLength(1);
    gates[0]?.();
    await settle();
    expect(gates).toHaveLength(2);
    gates[1]?.();
    await settle();
    expect(gates).toHaveLength(2);
    await stop();
  });

  it('waits longer after each failure, and forgets the failures after a success', async () => {
    const runs: number[] = [];
    let broken = true;
    const { queue, clock, stop } = start(() => {
      runs.push(clock.now());
      return broken
        ? Promise.reject(new WeftError('api-unavailable', 'broken', { retry: 'soon' }))
        : Promise.resolve(undefined);
    });
    const since = clock.now();
    queue.add('a');
    await clock.advance(5000);
    expect(runs.map((at) => at - since)).toEqual([0, 100, 300, 700, 1500, 2500, 3500, 4500]);
    broken = false;
    await clock.advance(1000);
    broken = true;
    runs.length = 0;
    const later = clock.now();
    queue.add('a');
    await clock.advance(150);
    expect(runs.map((at) => at - later)).toEqual([0, 100]);
    await stop();
  });

  it('leaves a key that failed for good until it is added again', async () => {
    let runs = 0;
    const { queue, clock, stop } = start(() => {
      runs += 1;
      return Promise.reject(new WeftError('configuration-invalid', 'bad'));
    });
    queue.add('a');
    await clock.advance(100_000);
    expect(runs).toBe(1);
    queue.add('a');
    await settle();
    expect(runs).toBe(2);
    await stop();
  });

  it('shows a defect of Weft, and tries it again only after a change or five minutes', async () => {
    const runs: (WeftError | undefined)[] = [];
    const logged: string[] = [];
    const { queue, clock, stop } = start(
      () => Promise.reject(new TypeError('x is not a function')),
      {
        log: { ...silentLogger, error: (message) => void logged.push(message) },
        onDone: ({ error }) => runs.push(error),
      },
    );
    queue.add('a');
    await clock.advance(299_000);
    expect(runs.map((error) => error?.isDefect)).toEqual([true]);
    expect(logged).toEqual(['work on a key failed: a defect of Weft']);
    queue.add('a');
    await settle();
    expect(runs).toHaveLength(2);
    await clock.advance(301_000);
    expect(runs).toHaveLength(3);
    await stop();
  });

  it('comes back at the time that the worker returned, unless another run came between', async () => {
    const runs: number[] = [];
    const { queue, clock, stop } = start(() => {
      runs.push(clock.now());
      return Promise.resolve(runs.length < 3 ? { requeueAfterMs: 1000 } : undefined);
    });
    const since = clock.now();
    queue.add('a');
    await clock.advance(600);
    queue.add('a');
    await clock.advance(10_000);
    expect(runs.map((at) => at - since)).toEqual([0, 600, 1600]);
    await stop();
  });

  it('takes the sooner of two delays', async () => {
    const runs: number[] = [];
    const { queue, clock, stop } = start(() => {
      runs.push(clock.now());
      return Promise.resolve(undefined);
    });
    const since = clock.now();
    queue.addAfter('a', 500);
    queue.addAfter('a', 200);
    queue.addAfter('a', 900);
    await clock.advance(2000);
    expect(runs.map((at) => at - since)).toEqual([200]);
    await stop();
  });

  it('never works on one key twice at once, and misses no wish (property)', async () => {
    const keys = ['a', 'b', 'c'];
    const step = fc.record({
      key: fc.constantFrom(...keys),
      delay: fc.integer({ min: 0, max: 50 }),
      after: fc.boolean(),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        fc.integer({ min: 1, max: 3 }),
        async (steps, workers) => {
          const busy = new Set<string>();
          const wished = new Map<string, number>();
          const seen = new Map<string, number>();
          const failing = new Set<string>();
          const { queue, clock, stop } = start(
            async (key) => {
              expect(busy.has(key)).toBe(false);
              busy.add(key);
              const version = wished.get(key) ?? 0;
              await clock.sleep(7, AbortSignal.timeout(60_000));
              busy.delete(key);
              if (failing.delete(key))
                throw new WeftError('api-unavailable', 'once', { retry: 'soon' });
              seen.set(key, version);
              return undefined;
            },
            { workers },
          );
          for (const { key, delay, after, fails } of steps) {
            wished.set(key, (wished.get(key) ?? 0) + 1);
            if (fails) failing.add(key);
            if (after) queue.addAfter(key, delay);
            else queue.add(key);
            await clock.advance(delay / 5);
          }
          await clock.advance(10_000);
          expect([...seen].sort()).toEqual([...wished].sort());
          await stop();
        },
      ),
      { numRuns: 50 },
    );
  });
});
