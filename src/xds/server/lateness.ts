import { Debts } from './debts.ts';

/**
 * For how long a client has been behind. Each push makes it so for a moment: only an answer that does not come, or
 * a request, counts.
 */
export class Lateness {
  readonly #debts = new Debts();
  /** Since when it has been behind without owing an answer. */
  #idleSince: number | undefined;

  /** Milliseconds since the oldest response that is unanswered now was first seen so. */
  owing(unanswered: readonly string[], now: number): number {
    return this.#debts.age(unanswered, now);
  }

  /** The same, or how long it has asked for nothing more; to be called now and then while it is behind. */
  behind(unanswered: readonly string[], now: number): number {
    const owing = this.owing(unanswered, now);
    this.#idleSince = unanswered.length > 0 ? undefined : (this.#idleSince ?? now);
    return Math.max(owing, now - (this.#idleSince ?? now));
  }

  /** It is not behind. */
  end(): void {
    this.#debts.age([], 0);
    this.#idleSince = undefined;
  }
}
