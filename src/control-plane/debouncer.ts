import type { Clock } from '../common/clock.ts';

const longestPauseMs = 500;

/**
 * Turns triggers into runs of one piece of work. Idle: the work runs at once (in this turn of the
 * event loop's check phase). Under way: triggers gather into one further run. After a run the next
 * one waits as long as the last took, at most 500 ms, so that a storm is batched by itself
 * (docs/decisions/0003). Work that throws is reported and does not stop later runs.
 */
export class Debouncer {
  readonly #work: () => void | Promise<void>;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  #state: 'idle' | 'scheduled' | 'running' | 'running-again' = 'idle';
  #notBefore = 0;
  #later: NodeJS.Timeout | undefined;

  constructor(work: () => void | Promise<void>, clock: Clock, onError: (error: unknown) => void) {
    this.#work = work;
    this.#clock = clock;
    this.#onError = onError;
  }

  trigger(): void {
    if (this.#state === 'running') this.#state = 'running-again';
    if (this.#state !== 'idle') return;
    this.#state = 'scheduled';
    this.#schedule();
  }

  /** Triggers in that many milliseconds; a later call replaces an earlier one. */
  triggerIn(ms: number): void {
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.trigger(), ms).unref();
  }

  #schedule(): void {
    const wait = this.#notBefore - this.#clock.now();
    const start = (): void => void this.#run();
    if (wait > 0) setTimeout(start, Math.min(wait, longestPauseMs)).unref();
    else setImmediate(start);
  }

  async #run(): Promise<void> {
    this.#state = 'running';
    const began = this.#clock.now();
    try {
      await this.#work();
    } catch (error) {
      this.#onError(error);
    }
    const ended = this.#clock.now();
    this.#notBefore = ended + Math.min(Math.max(ended - began, 0), longestPauseMs);
    const again = (this.#state as string) === 'running-again';
    this.#state = 'idle';
    if (again) this.trigger();
  }
}
