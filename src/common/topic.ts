import { Listeners } from './listeners.ts';
import type { Logger } from './logger.ts';

/** Something that changes. */
export interface Changing {
  /** Calls back after each change, until the returned function is called. */
  follow(changed: () => void): () => void;
}

/** A value that changes: what one part publishes and other parts read (docs/decisions/0130). */
export interface Followed<T> extends Changing {
  readonly value: T;
}

/** What changes when its subclass says so. */
export abstract class ChangeSource implements Changing {
  readonly #listeners: Listeners<undefined>;

  constructor(logger: Logger) {
    this.#listeners = new Listeners(logger);
  }

  follow(changed: () => void): () => void {
    return this.#listeners.add(changed);
  }

  /** Calls every follower back. */
  protected notify(): void {
    this.#listeners.notify(undefined);
  }
}

/** A value that its owner publishes. */
export class Topic<T> extends ChangeSource implements Followed<T> {
  #value: T;

  constructor(logger: Logger, first: T) {
    super(logger);
    this.#value = first;
  }

  get value(): T {
    return this.#value;
  }

  /** The same value again is no change. */
  publish(value: T): void {
    if (value === this.#value) return;
    this.#value = value;
    this.notify();
  }
}

/** The topic of a value that another object computes. */
export function topicOf<T>(read: () => T, follow: Changing['follow']): Followed<T> {
  return {
    get value() {
      return read();
    },
    follow,
  };
}

/** Resolves with the first value that is not undefined, or rejects with the signal's reason. */
export function firstValue<T>(topic: Followed<T | undefined>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    let stop = (): void => undefined;
    const finish = (): void => {
      const { value } = topic;
      if (value === undefined && !signal.aborted) return;
      stop();
      signal.removeEventListener('abort', finish);
      if (value === undefined) reject(signal.reason as Error);
      else resolve(value);
    };
    stop = topic.follow(finish);
    signal.addEventListener('abort', finish);
    finish();
  });
}

/** A change of any of them. */
export function anyOf(...all: readonly Changing[]): Changing {
  return {
    follow: (changed) => {
      const stops = all.map((one) => one.follow(changed));
      return () => stops.forEach((stop) => stop());
    },
  };
}

/** A change at each interval of this number of milliseconds: for values that depend on the time. */
export function every(ms: number): Changing {
  return {
    follow: (changed) => {
      const timer = setInterval(changed, ms).unref();
      return () => clearInterval(timer);
    },
  };
}
