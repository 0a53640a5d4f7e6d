import type { Clock } from './clock.ts';

/** A wait that another caller can end early. One waiter at a time; a wake before the wait is not lost. */
export class Wakeup {
  #woken = false;
  #release: (() => void) | undefined;

  wake(): void {
    this.#woken = true;
    this.#release?.();
  }

  /**
   * Repeats the work until the signal aborts: after the number of milliseconds that the work returned, or when woken.
   */
  async repeat(work: () => Promise<number>, clock: Clock, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await this.wait(await work(), clock, signal);
  }

  /** Resolves after `ms`, or when woken, or when the signal aborts: whichever comes first. */
  async wait(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
    if (!this.#woken && !signal.aborted) {
      const timer = new AbortController();
      const released = new Promise<void>((resolve) => (this.#release = resolve));
      const onAbort = (): void => this.#release?.();
      signal.addEventListener('abort', onAbort, { once: true });
      const slept = clock.sleep(ms, timer.signal).catch(() => undefined);
      await Promise.race([released, slept]);
      signal.removeEventListener('abort', onAbort);
      timer.abort();
      this.#release = undefined;
    }
    this.#woken = false;
  }
}
