import type { Clock } from '../common/clock.ts';

/** Lets a loop sleep until it is woken or a time has passed. A wake between two waits is not lost. */
export class Wakeup {
  readonly #clock: Clock;
  #woken = false;
  #resolve: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#woken = true;
    this.#resolve();
  }

  /** Resolves after a wake, after `ms`, or when the signal aborts; never rejects. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#woken) {
      const over = new AbortController();
      const woken = new Promise<void>((resolve) => (this.#resolve = resolve));
      const slept = this.#clock.sleep(ms, AbortSignal.any([signal, over.signal]));
      await Promise.race([woken, slept.catch(() => undefined)]);
      over.abort();
    }
    this.#woken = false;
  }
}
