/**
 * Clients that exceeded a limit, by uid or network. They come after the others for a while; otherwise each would return
 * at once and exceed it again.
 */
export class Penalties {
  readonly #ms: number;
  readonly #now: () => number;
  /** When the penalty of each key ends, soonest first. */
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
