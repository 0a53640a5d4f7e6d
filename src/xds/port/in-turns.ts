/** Does work in the order in which it comes, some in each turn of the event loop, the first in the next one. */
export class InTurns {
  readonly #perTurn: number;
  readonly #waiting: (() => void)[] = [];

  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  add(work: () => void): void {
    if (this.#waiting.push(work) === 1) setImmediate(() => this.#turn());
  }

  #turn(): void {
    for (const work of this.#waiting.splice(0, this.#perTurn)) work();
    if (this.#waiting.length > 0) setImmediate(() => this.#turn());
  }
}
