import { describe, expect, it } from '@jest/globals';
import { Semaphore } from './semaphore.ts';

describe('a semaphore', () => {
  it('lets so many run at once, in order of arrival', async () => {
    const semaphore = new Semaphore(2);
    const began: number[] = [];
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<undefined>());
    const runs = gates.map((gate, at) =>
      semaphore.run(() => {
        began.push(at);
        return gate.promise;
      }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(began).toEqual([0, 1]);
    for (const [at, gate] of gates.entries()) {
      gate.resolve(undefined);
      await runs[at];
    }
    expect(began).toEqual([0, 1, 2, 3]);
  });

  it('gives the place of work that failed to the next, and none to work that was given up', async () => {
    const semaphore = new Semaphore(1);
    const gate = Promise.withResolvers<undefined>();
    const failing = semaphore.run(() => gate.promise);
    const over = new AbortController();
    const givenUp = semaphore.run(() => Promise.resolve('ran'), over.signal);
    const last = semaphore.run(() => Promise.resolve('last'));
    over.abort(new Error('enough'));
    await expect(givenUp).rejects.toThrow('enough');
    gate.reject(new Error('broken'));
    await expect(failing).rejects.toThrow('broken');
    expect(await last).toBe('last');
  });
});
