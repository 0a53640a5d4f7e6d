interface Opened {
  readonly since: number;
  count: number;
}

/** Counts the streams that each pod opens within a time: each costs a session, and all that it is offered. */
export class Openings {
  readonly #most: number;
  readonly #ms: number;
  readonly #now: () => number;
  /** The pods that opened a stream within that time, in the order of their first one. */
  readonly #recent = new Map<string, Opened>();

  constructor(most: number, ms: number, now: () => number) {
    this.#most = most;
    this.#ms = ms;
    this.#now = now;
  }

  /** The pod opens a stream. Returns false when it has already opened as many as a pod may within this time. */
  add(uid: string): boolean {
    const now = this.#now();
    for (const [other, { since }] of this.#recent) {
      if (now - since < this.#ms) break;
      this.#recent.delete(other);
    }
    const opened = this.#recent.get(uid) ?? { since: now, count: 0 };
    opened.count += 1;
    this.#recent.set(uid, opened);
    return opened.count <= this.#most;
  }
}
