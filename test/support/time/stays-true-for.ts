import { setTimeout as pause } from 'node:timers/promises';

const lookEveryMs = 20;

/**
 * Proves that nothing happens: looks for `ms` milliseconds, at least twice, and fails at the first look at which
 * `holds` is false. `what` names what must stay, for the failure.
 */
export async function staysTrueFor(
  ms: number,
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const since = performance.now();
  for (let over = false; ; over = performance.now() - since >= ms) {
    if (!(await holds())) {
      const afterMs = (performance.now() - since).toFixed(0);
      throw new Error(`not for ${ms} ms, but for ${afterMs} ms: ${what}; ${holds.toString()}`);
    }
    if (over) return;
    await pause(Math.min(lookEveryMs, ms));
  }
}
