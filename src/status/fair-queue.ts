/** A queue of keys of several owners. The owners take turns, one key each; the keys of an owner keep their order. */
export class FairQueue {
  readonly #owners = new Map<string, string[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(owner: string, key: string): void {
    const keys = this.#owners.get(owner);
    if (keys === undefined) this.#owners.set(owner, [key]);
    else keys.push(key);
    this.#size += 1;
  }

  /** Takes the next key; its owner goes to the end of the line. */
  take(): string | undefined {
    const [first] = this.#owners;
    if (first === undefined) return undefined;
    const [owner, keys] = first;
    const key = keys.shift();
    this.#owners.delete(owner);
    if (keys.length > 0) this.#owners.set(owner, keys);
    this.#size -= 1;
    return key;
  }
}
