/**
 * Clients that took too much, by uid or network, and come after others for a while: without that each
 * would come back at once with as much again.
 */
export class Penalties {
  readonly #ms: number;
  readonly #now: () => number;
  /** When each may come back, in that order. */
  readonly #until = new Map<string, number>();

  constructor(ms: number, now: () => number) {
    this.#ms = ms;
    this.#now = now;
  }

  add(key: string): void {
    this.#until.delete(key);
    this.#until.set(key, this.#now() + this.#ms);
  }

  has(key: string): boolean {
    for (const [other, until] of this.#until) {
      if (until > this.#now()) break;
      this.#until.delete(other);
    }
    return this.#until.has(key);
  }
}
