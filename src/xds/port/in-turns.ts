/**
 * Runs work in order of arrival, a few pieces in each turn of the event loop, starting with the next turn. It counts
 * pieces where FairTurns measures time, because a piece causes work that goes on after its function returned.
 */
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
