export interface BackOffLimits {
  /** The longest first wait, in milliseconds. */
  readonly baseMs: number;
  /** No wait is longer, in milliseconds. */
  readonly maxMs: number;
}

/** A number from 0 up to, not including, 1. Handed in so that tests can choose it. */
export type Random = () => number;

/**
 * How long to wait after `failures` failures in a row (1 or more): between the half and the whole of
 * base · 2^(failures-1), never more than the maximum. The jitter keeps many waiters apart.
 */
export function backOffMs(failures: number, limits: BackOffLimits, random: Random): number {
  const doublings = Math.min(Math.max(failures, 1) - 1, 40);
  const whole = Math.min(limits.baseMs * 2 ** doublings, limits.maxMs);
  return whole * (0.5 + 0.5 * random());
}
