/** The most names that are remembered; a forgotten name counts as one that had no turn. */
const most = 50_000;

/** Remembers the order in which names had their turn, so that the name that waited longest comes first. Bounded. */
export class Turns {
  readonly #turns = new Map<string, number>();
  #count = 0;

  /** Records that the name has its turn now. */
  pass(name: string): void {
    this.#count += 1;
    this.#turns.delete(name);
    this.#turns.set(name, this.#count);
    if (this.#turns.size <= most) return;
    const [oldest = name] = this.#turns.keys();
    this.#turns.delete(oldest);
  }

  /** A number that is smaller for names that waited longer; 0 for a name that had no turn. */
  last(name: string): number {
    return this.#turns.get(name) ?? 0;
  }
}
