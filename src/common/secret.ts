import { inspect } from 'node:util';

const redacted = '[redacted]';

/** Wraps secret bytes or text so that logs, JSON, YAML and goldens can only ever show `[redacted]`. */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The secret itself: call it only where it is written to a wire or handed to a crypto function. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
