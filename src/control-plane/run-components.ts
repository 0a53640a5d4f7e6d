import type { Component } from '../common/component.ts';
import type { Logger } from '../common/logger.ts';

/** Runs work for as long as this process leads, again each time that it does. */
export type Lead = (
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
) => Promise<void>;

/**
 * Runs all components until the signal aborts: leader-only components under `lead`, the others now. If a component
 * fails, stops the others and throws its error: a process that lacks a part is better restarted.
 */
export function runComponents(
  components: readonly Component[],
  { lead, logger }: { readonly lead: Lead; readonly logger: Logger },
  signal: AbortSignal,
): Promise<void> {
  const [leaders, others] = [true, false].map((leaderOnly) =>
    components.filter((component) => component.leaderOnly === leaderOnly),
  ) as [Component[], Component[]];
  const leader: Component = {
    name: 'leader',
    leaderOnly: false,
    run: (until) => lead((leading) => runTogether(leaders, logger, leading), until),
  };
  return runTogether(leaders.length === 0 ? others : [...others, leader], logger, signal);
}

async function runTogether(
  components: readonly Component[],
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const runs = components.map(async (component) => {
    try {
      await component.run(both);
      if (!both.aborted) throw new Error(`${component.name} ended before it was stopped`);
    } catch (error) {
      if (both.aborted) return;
      logger.error('component failed', { component: component.name, error });
      failed.abort(error);
    }
  });
  await Promise.all(runs);
  if (failed.signal.aborted) throw failed.signal.reason as Error;
}
