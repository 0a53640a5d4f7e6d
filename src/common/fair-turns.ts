/** Work done in one turn of the event loop before the rest waits for the next. */
const sliceMs = 10;

/**
 * Spreads the work that clients cause over turns of the event loop, in order of arrival. When many clients ask for much
 * work at the same moment, they delay only each other.
 */
export class FairTurns {
  readonly #waiting = new Set<() => void>();
  #spentMs = 0;
  #isScheduled = false;

  /**
   * Runs the task now if no task waits and this turn has time left; otherwise queues it. Returns whether it ran now.
   */
  run(task: () => void): boolean {
    if (this.#waiting.size > 0 || this.#spentMs >= sliceMs) {
      this.#waiting.add(task);
      return false;
    }
    this.#work(task);
    return true;
  }

  #work(task: () => void): void {
    this.#schedule();
    const began = performance.now();
    task();
    this.#spentMs += performance.now() - began;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#next());
  }

  #next(): void {
    this.#isScheduled = false;
    this.#spentMs = 0;
    for (const task of this.#waiting) {
      if (this.#spentMs >= sliceMs) break;
      this.#waiting.delete(task);
      this.#work(task);
    }
    if (this.#waiting.size > 0) this.#schedule();
  }
}
