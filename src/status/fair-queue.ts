/** Keys of several owners, who take turns: each owner's keys in their order, one at a time. */
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

  /** The next one, and its owner goes to the end of the line. */
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
