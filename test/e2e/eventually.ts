import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks until there is an answer and gives it; throws after `withinMs` with the last error, or with
 * what was awaited. An answer of undefined means: not yet.
 */
export async function eventually<T>(
  what: string,
  withinMs: number,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`not within ${withinMs / 1000} s: ${what}`, { cause: last });
    }
    await sleep(50);
  }
}
