import type { Guest } from './guest.ts';
import { everyonesBytes, type LobbyLimits } from './lobby-limits.ts';

/** How many new connections are weighed together. While a thousand proxies connect, they are weighed by turns. */
const newPerTurn = 128;
/** How long a connection counts as new after its first admitted call. */
const newMs = 2_000;

/**
 * Connections with an admitted call, and the bytes that arrived on them without ending a message: parts of messages,
 * and bytes that are no message at all.
 */
export class Insiders {
  readonly #limits: LobbyLimits;
  readonly #all = new Set<Guest>();
  /** Connections admitted recently. */
  readonly #new = new Set<Guest>();
  /** Connections with many unfinished bytes. */
  readonly #heavy = new Set<Guest>();
  /** Where among the new connections the next turn begins. */
  #turn = this.#new.values();

  constructor(limits: LobbyLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#all.size;
  }

  /** How many connections are weighed more often than the rest. */
  get watched(): number {
    return this.#new.size + this.#heavy.size;
  }

  add(guest: Guest): void {
    this.#all.add(guest);
    this.#new.add(guest);
  }

  delete(guest: Guest): void {
    this.#all.delete(guest);
    this.#new.delete(guest);
    this.#heavy.delete(guest);
  }

  /**
   * The connections to cut, among those that are watched (the new ones by turns) or among all: each that has too many
   * unfinished bytes, and the largest if all together have too many. Reads the clock only while there are new ones.
   */
  weigh(whom: 'watched' | 'all', clock: () => number): readonly Guest[] {
    const guilty: Guest[] = [];
    const oldest = this.#new.size === 0 ? undefined : clock() - newMs;
    for (const guest of whom === 'all' ? this.#all : [...this.#heavy, ...this.#nextNew()]) {
      const bytes = guest.unfinished;
      if (bytes > this.#limits.maxUnfinishedBytes) guilty.push(guest);
      if (bytes > everyonesBytes) this.#heavy.add(guest);
      else this.#heavy.delete(guest);
      if (oldest !== undefined && guest.since < oldest) this.#new.delete(guest);
    }
    return [...guilty, ...this.#largest(guilty)];
  }

  /** Of the heavy connections besides `guilty`, the largest, until the sum of the rest is within the limit. */
  #largest(guilty: readonly Guest[]): readonly Guest[] {
    const heavy = [...this.#heavy].filter((guest) => !guilty.includes(guest));
    let sum = heavy.reduce((total, { unfinished }) => total + unfinished, 0);
    return heavy
      .sort((a, b) => b.unfinished - a.unfinished)
      .filter(({ unfinished }) => {
        if (sum <= this.#limits.maxUnfinishedBytesOfAll) return false;
        sum -= unfinished;
        return true;
      });
  }

  *#nextNew(): Generator<Guest> {
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
