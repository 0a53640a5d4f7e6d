import type { Clock } from './clock.ts';

export interface Pace {
  /** So many at once. */
  readonly burst: number;
  /** One more each time after so many milliseconds. */
  readonly everyMs: number;
}

/** Holds writes to a pace: a burst, and in the long run one in each span of time. Full at first. */
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

  /** Takes a token; false when there is none. A clock that steps back gives none and takes none. */
  take(): boolean {
    const now = this.#clock.now();
    const earned = Math.max(0, now - this.#filledAt) / this.#pace.everyMs;
    this.#tokens = Math.min(this.#pace.burst, this.#tokens + earned);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
