import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import { Semaphore } from '../../common/semaphore.ts';
import { backOffMs, type Random } from '../../kubernetes/back-off.ts';

/** Why an issuer did nothing: it is overloaded (`slow-down`), or not reachable (`away`). */
type BusyKind = 'slow-down' | 'away';

class Busy extends Error {
  override readonly name = 'Busy';
  readonly kind: BusyKind;
  readonly retryAfterMs: number;

  constructor(kind: BusyKind, retryAfterMs: number, cause: unknown) {
    super(kind, { cause });
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface BusyOptions {
  readonly kind: BusyKind;
  /** How long the issuer asked to wait. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** The error for an issuer that did nothing but may succeed soon. */
export function busyError(
  message: string,
  { kind, retryAfterMs = 0, cause }: BusyOptions,
): WeftError {
  const options = { retry: 'soon', cause: new Busy(kind, retryAfterMs, cause) } as const;
  return new WeftError('issuer-unavailable', message, options);
}

export interface ThrottleOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Default 8. */
  readonly parallel?: number;
  /** How long one call may take in all, waits included. Default 20 s. */
  readonly limitMs?: number;
}

const backOff = { baseMs: 250, maxMs: 5_000 };
/** Spreads the retries, so that waiting calls do not all start at the same moment. */
const spread = 0.3;
const longestPauseMs = 60_000;
/**
 * A call gives up after this many tries while the issuer is away. While the issuer wants fewer calls, a call retries
 * until its limit.
 */
const triesWhenAway = 3;

/**
 * Limits the parallel calls to an issuer. When the issuer is busy, all calls pause: as long as it asks, and longer
 * after each failure. A call that would have to wait beyond its limit fails at once.
 */
export class Throttle {
  readonly #options: ThrottleOptions;
  readonly #calls: Semaphore;
  #failures = 0;
  #pause: { readonly until: number; readonly error: WeftError } | undefined;

  constructor(options: ThrottleOptions) {
    this.#options = options;
    this.#calls = new Semaphore(options.parallel ?? 8);
  }

  async run<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const { clock, limitMs = 20_000 } = this.#options;
    const until = clock.now() + limitMs;
    return this.#calls.run(() => this.#persist(work, until, signal), signal);
  }

  async #persist<T>(
    work: (signal: AbortSignal) => Promise<T>,
    until: number,
    signal: AbortSignal,
  ): Promise<T> {
    for (let tried = 1; ; tried += 1) {
      await this.#paused(until, signal);
      try {
        const done = await work(signal);
        this.#failures = 0;
        return done;
      } catch (thrown) {
        const kind = this.#note(thrown);
        const hopeless = kind === 'away' && tried === triesWhenAway;
        if (kind === undefined || hopeless || signal.aborted) throw thrown;
      }
    }
  }

  async #paused(until: number, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    while (this.#pause !== undefined) {
      const { until: end, error } = this.#pause;
      const left = end - clock.now();
      // A rest that is longer than any pause means that the clock was set back.
      if (left <= 0 || left > longestPauseMs) return;
      if (end > until) throw error;
      await clock.sleep(left * (1 + spread * random()), signal);
    }
  }

  /** Pauses all calls if the failure is temporary. Returns its kind; undefined for any other failure. */
  #note(thrown: unknown): BusyKind | undefined {
    const cause = thrown instanceof WeftError ? thrown.cause : undefined;
    if (!(thrown instanceof WeftError) || !(cause instanceof Busy)) return undefined;
    this.#failures += 1;
    const { clock, random } = this.#options;
    const wait = Math.max(cause.retryAfterMs, backOffMs(this.#failures, backOff, random));
    this.#pause = { until: clock.now() + Math.min(wait, longestPauseMs), error: thrown };
    return cause.kind;
  }
}
