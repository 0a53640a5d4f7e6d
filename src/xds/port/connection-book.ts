import type { GatedConnection } from './gated-connection.ts';

/** The connections of one network (a remote address, or an IPv6 /64) that are not admitted yet, in order of arrival. */
export interface AddressEntry {
  readonly silent: Set<GatedConnection>;
  readonly queued: Set<GatedConnection>;
  readonly entering: Set<GatedConnection>;
}

type Row = keyof AddressEntry;

/** Connections that are not admitted yet, by network. Keeps nothing for a network without connections. */
export class ConnectionBook {
  readonly #entries = new Map<string, AddressEntry>();
  #takesLast = false;
  readonly #sizes: Record<Row, number> = { silent: 0, queued: 0, entering: 0 };

  get(network: string): AddressEntry | undefined {
    return this.#entries.get(network);
  }

  size(row: Row): number {
    return this.#sizes[row];
  }

  /** The number of all connections in the book. */
  get count(): number {
    const { silent, queued, entering } = this.#sizes;
    return silent + queued + entering;
  }

  add(row: Row, connection: GatedConnection): void {
    const { network } = connection;
    let entry = this.#entries.get(network);
    if (entry === undefined) {
      entry = { silent: new Set(), queued: new Set(), entering: new Set() };
      this.#entries.set(network, entry);
    }
    entry[row].add(connection);
    this.#sizes[row] += 1;
  }

  delete(row: Row, connection: GatedConnection): void {
    const { network } = connection;
    const entry = this.#entries.get(network);
    if (entry?.[row].delete(connection) !== true) return;
    this.#sizes[row] -= 1;
    if (entry.silent.size + entry.queued.size + entry.entering.size === 0)
      this.#entries.delete(network);
  }

  /**
   * The queued connection whose network has the fewest connections entering, and fewer than `most`; networks that are
   * `isLate` come after all others. Among equals, the network that waits longest and the network that came last take
   * turns: so in a crowd a new network waits for one turn only, and no network waits for ever.
   */
  next(most: number, isLate: (network: string) => boolean): GatedConnection | undefined {
    let [found, lowest]: [string | undefined, number] = [undefined, 2 * most];
    this.#takesLast = !this.#takesLast;
    for (const [network, { queued, entering }] of this.#entries) {
      if (queued.size === 0 || entering.size >= most) continue;
      const rank = entering.size + (isLate(network) ? most : 0);
      if (rank < lowest || (this.#takesLast && rank === lowest)) [found, lowest] = [network, rank];
    }
    return found === undefined ? undefined : first(this.#toTheEnd(found)?.queued);
  }

  #toTheEnd(network: string): AddressEntry | undefined {
    const entry = this.#entries.get(network);
    if (entry === undefined) return undefined;
    this.#entries.delete(network);
    this.#entries.set(network, entry);
    return entry;
  }

  /** The entry of the network with the greatest weight. */
  greediest(weigh: (entry: AddressEntry) => number): AddressEntry | undefined {
    let found: AddressEntry | undefined;
    let most = 0;
    for (const entry of this.#entries.values()) {
      const weight = weigh(entry);
      if (weight <= most) continue;
      most = weight;
      found = entry;
    }
    return found;
  }

  /** Entering connections: networks with the most first, and within a network in order of arrival. */
  entering(): Iterable<GatedConnection> {
    return [...this.#entries.values()]
      .filter(({ entering }) => entering.size > 0)
      .sort((a, b) => b.entering.size - a.entering.size)
      .flatMap(({ entering }) => [...entering]);
  }

  byNetwork(): Iterable<[string, AddressEntry]> {
    return this.#entries;
  }

  entries(): Iterable<AddressEntry> {
    return this.#entries.values();
  }
}

export function first(
  connections: ReadonlySet<GatedConnection> | undefined,
): GatedConnection | undefined {
  return connections?.values().next().value;
}
