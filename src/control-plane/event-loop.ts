import type { Clock } from '../common/clock.ts';
import type { Component } from '../common/component.ts';
import type { Check } from '../connections/health-server.ts';

const intervalMs = 1_000;
const keptSamples = 10;
const longestLagMs = 10_000;

/** Measures how late the event loop runs. The check fails while the worst delay of the last ten seconds is above 10 s. */
export function watchEventLoop(clock: Clock): { readonly part: Component; readonly check: Check } {
  const kept: number[] = [];
  return {
    part: {
      name: 'event-loop',
      leaderOnly: false,
      run: async (signal) => {
        while (!signal.aborted) {
          const due = performance.now() + intervalMs;
          await clock.sleep(intervalMs, signal).catch(() => undefined);
          kept.push(Math.max(0, performance.now() - due));
          if (kept.length > keptSamples) kept.shift();
        }
      },
    },
    check: {
      name: 'event-loop',
      problem: () => {
        const lagMs = Math.max(0, ...kept);
        return lagMs > longestLagMs ? `the event loop is ${Math.round(lagMs)} ms late` : undefined;
      },
    },
  };
}
