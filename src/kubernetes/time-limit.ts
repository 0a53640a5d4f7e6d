import type { Clock } from '../common/clock.ts';

export interface TimeLimit {
  readonly clock: Clock;
  readonly ms: number;
  /** The reason with which the work's signal aborts at the time limit. */
  readonly reason: () => Error;
}

/**
 * Runs `work` under a signal that aborts with the caller's signal or at the time limit, whichever comes first. Settles
 * as the work does, so the work must heed its signal. Leaves no timer and no listener.
 */
export async function withinTime<T>(
  limit: TimeLimit,
  work: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const inner = new AbortController();
  const over = new AbortController();
  const onAbort = (): void => {
    inner.abort(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  limit.clock.sleep(limit.ms, over.signal).then(
    () => {
      inner.abort(limit.reason());
    },
    () => undefined,
  );
  try {
    return await work(inner.signal);
  } finally {
    signal.removeEventListener('abort', onAbort);
    over.abort();
  }
}
