import type { Clock } from './clock.ts';

export interface Pace {
  /** The most tokens that the bucket holds. */
  readonly burst: number;
  /** Milliseconds after which one more token is added. */
  readonly intervalMs: number;
}

/** Paces writes: a burst at first, and in the long run one write per `intervalMs`. Full at first. */
export class TokenBucket {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #pace: Pace;
  #tokens: number;
  #filledAt: number;

  constructor(clock: Pick<Clock, 'now'>, pace: Pace) {
    this.#clock = clock;
    this.#pace = pace;
    this.#tokens = pace.burst;
    this.#filledAt = clock.now();
  }

  /** Takes a token; false when there is none. A clock that steps back adds no token and removes none. */
  take(): boolean {
    const now = this.#clock.now();
    const earned = Math.max(0, now - this.#filledAt) / this.#pace.intervalMs;
    this.#tokens = Math.min(this.#pace.burst, this.#tokens + earned);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
