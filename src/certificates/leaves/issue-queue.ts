/** Keys to issue leaves for: urgent keys first, then the others, each in the order of arrival. */
export class IssueQueue<K> {
  readonly #urgent = new Set<K>();
  readonly #patient = new Set<K>();

  get size(): number {
    return this.#urgent.size + this.#patient.size;
  }

  /** A key that is there already keeps its place, unless it has become urgent. */
  add(key: K, { urgent }: { readonly urgent: boolean }): void {
    if (this.#urgent.has(key)) return;
    if (urgent) this.#patient.delete(key);
    (urgent ? this.#urgent : this.#patient).add(key);
  }

  delete(key: K): void {
    this.#urgent.delete(key);
    this.#patient.delete(key);
  }

  /** Takes out the first. */
  take(): K | undefined {
    for (const keys of [this.#urgent, this.#patient]) {
      for (const key of keys) {
        keys.delete(key);
        return key;
      }
    }
    return undefined;
  }
}
