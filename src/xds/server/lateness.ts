import { Debts } from './debts.ts';

/**
 * For how long a client has been behind. Each push makes it so for a moment, so only a missing answer or a missing
 * request counts.
 */
export class Lateness {
  readonly #debts = new Debts();
  /** Since when the client has been behind without owing an answer. */
  #idleSince: number | undefined;

  /** Milliseconds since the oldest response that is unanswered now was first seen unanswered. */
  owing(unanswered: readonly string[], now: number): number {
    return this.#debts.age(unanswered, now);
  }

  /** The same, or how long the client has asked for nothing more. Call it regularly while the client is behind. */
  behind(unanswered: readonly string[], now: number): number {
    const owing = this.owing(unanswered, now);
    this.#idleSince = unanswered.length > 0 ? undefined : (this.#idleSince ?? now);
    return Math.max(owing, now - (this.#idleSince ?? now));
  }

  /** The client is not behind. */
  end(): void {
    this.#debts.age([], 0);
    this.#idleSince = undefined;
  }
}
