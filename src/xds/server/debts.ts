/** For each response, since when its client owes an ACK or NACK. */
export class Debts {
  readonly #since = new Map<string, number>();

  /** Records what is unanswered now. Returns for how many ms the oldest of these has been unanswered. */
  age(unanswered: readonly string[], now: number): number {
    for (const nonce of [...this.#since.keys()])
      if (!unanswered.includes(nonce)) this.#since.delete(nonce);
    for (const nonce of unanswered) if (!this.#since.has(nonce)) this.#since.set(nonce, now);
    return this.#since.size === 0 ? 0 : now - Math.min(...this.#since.values());
  }
}
