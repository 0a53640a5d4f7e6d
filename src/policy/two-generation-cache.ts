/**
 * Values by key, of this turn and the last: a value that is requested again is kept, a value that was not requested
 * during a whole turn is forgotten.
 */
export class TwoGenerationCache<K, V> {
  #now = new Map<K, V>();
  #last = new Map<K, V>();

  /** Begins the next turn. */
  nextGeneration(): void {
    this.#last = this.#now;
    this.#now = new Map();
  }

  /** This turn's value; made once a turn, from the last turn's if there is one. */
  get(key: K, make: (last: V | undefined) => V): V {
    const known = this.#now.get(key);
    if (known !== undefined) return known;
    const value = make(this.#last.get(key));
    this.#now.set(key, value);
    return value;
  }
}
