import type { Clock } from '../common/clock.ts';
import type { Component } from '../common/component.ts';
import type { Logger } from '../common/logger.ts';

/**
 * Runs components side by side until the signal aborts; resolves when all have ended. If one fails, stops the others
 * and throws its error: a process that lacks one of its parts is better restarted.
 */
export async function runAll(
  components: readonly Component[],
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const runs = components.map(async (component) => {
    try {
      await component.run(both);
      if (!both.aborted) throw new Error(`${component.name} ended by itself`);
    } catch (error) {
      if (both.aborted) return;
      logger.error('component failed', { component: component.name, error });
      failed.abort(error);
    }
  });
  await Promise.all(runs);
  if (failed.signal.aborted) throw failed.signal.reason as Error;
}

/** Says how late the event loop runs: `lagMs` is the worst delay seen in the last ten seconds. */
export function watchEventLoop(clock: Clock): Component & { lagMs(): number } {
  const everyMs = 1_000;
  const kept: number[] = [];
  return {
    name: 'event-loop',
    leaderOnly: false,
    lagMs: () => Math.max(0, ...kept),
    run: async (signal) => {
      while (!signal.aborted) {
        const due = performance.now() + everyMs;
        await clock.sleep(everyMs, signal).catch(() => undefined);
        kept.push(Math.max(0, performance.now() - due));
        if (kept.length > 10) kept.shift();
      }
    },
  };
}
