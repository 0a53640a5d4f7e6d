import type { Logger } from '../common/logger.ts';

/** A set of callbacks. A callback that throws is logged and does not stop the others. */
export class Listeners<T> {
  readonly #callbacks = new Set<{ readonly call: (value: T) => void }>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Returns a function that removes the callback. */
  add(call: (value: T) => void): () => void {
    const entry = { call };
    this.#callbacks.add(entry);
    return () => {
      this.#callbacks.delete(entry);
    };
  }

  notify(value: T): void {
    for (const { call } of [...this.#callbacks]) {
      try {
        call(value);
      } catch (error) {
        this.#logger.error('a listener failed', { error });
      }
    }
  }
}
