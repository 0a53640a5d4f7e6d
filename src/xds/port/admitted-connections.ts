import type { GatedConnection } from './gated-connection.ts';
import { everyonesBytes, type GateLimits } from './gate-limits.ts';

/** How many new connections are weighed together. While a thousand proxies connect, they are weighed by turns. */
const newPerTurn = 128;
/** How long a connection counts as new after its first admitted call. */
const newMs = 2_000;

/**
 * Connections with an admitted call, and the bytes that arrived on them without ending a message: parts of messages,
 * and bytes that are no message at all.
 */
export class AdmittedConnections {
  readonly #limits: GateLimits;
  readonly #all = new Set<GatedConnection>();
  /** Connections admitted recently. */
  readonly #new = new Set<GatedConnection>();
  /** Connections with many unfinished bytes. */
  readonly #heavy = new Set<GatedConnection>();
  /** Where among the new connections the next turn begins. */
  #turn = this.#new.values();

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#all.size;
  }

  /** How many connections are weighed more often than the rest. */
  get watched(): number {
    return this.#new.size + this.#heavy.size;
  }

  add(connection: GatedConnection): void {
    this.#all.add(connection);
    this.#new.add(connection);
  }

  delete(connection: GatedConnection): void {
    this.#all.delete(connection);
    this.#new.delete(connection);
    this.#heavy.delete(connection);
  }

  /**
   * The connections to cut, among those that are watched (the new ones by turns) or among all: each that has too many
   * unfinished bytes, and the largest if all together have too many. Reads the clock only while there are new ones.
   */
  weigh(which: 'watched' | 'all', clock: () => number): readonly GatedConnection[] {
    const overLimit: GatedConnection[] = [];
    const oldest = this.#new.size === 0 ? undefined : clock() - newMs;
    for (const connection of which === 'all' ? this.#all : [...this.#heavy, ...this.#nextNew()]) {
      const bytes = connection.unfinished;
      if (bytes > this.#limits.maxUnfinishedBytes) overLimit.push(connection);
      if (bytes > everyonesBytes) this.#heavy.add(connection);
      else this.#heavy.delete(connection);
      if (oldest !== undefined && connection.since < oldest) this.#new.delete(connection);
    }
    return [...overLimit, ...this.#largest(overLimit)];
  }

  /** Of the heavy connections besides `overLimit`, the largest, until the sum of the rest is within the limit. */
  #largest(overLimit: readonly GatedConnection[]): readonly GatedConnection[] {
    const heavy = [...this.#heavy].filter((connection) => !overLimit.includes(connection));
    let sum = heavy.reduce((total, { unfinished }) => total + unfinished, 0);
    return heavy
      .sort((a, b) => b.unfinished - a.unfinished)
      .filter(({ unfinished }) => {
        if (sum <= this.#limits.maxUnfinishedBytesOfAll) return false;
        sum -= unfinished;
        return true;
      });
  }

  *#nextNew(): Generator<GatedConnection> {
    for (let count = 0; count < newPerTurn; count += 1) {
      const { value, done } = this.#turn.next();
      if (done === true) {
        this.#turn = this.#new.values();
        return;
      }
      yield value;
    }
  }
}
