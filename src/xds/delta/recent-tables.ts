import type { Resource } from '../resources/resource.ts';

/** The route table of an inbound port, as far as it says what each caller is allowed. */
export type Table = Pick<Resource, 'name' | 'grants'>;

/** Tables kept per namespace: a pod has as many tables as HTTP ports. */
const defaultLimit = 1_024;
/** Namespaces kept: those whose proxies were offered tables most recently. */
const maxNamespaces = 4_096;

/**
 * The tables of each namespace are kept apart, so that a namespace with many tables does not displace those of another.
 */
export class TableShares {
  /** The most recently used come last. */
  readonly #shares = new Map<string, RecentTables>();

  get(namespace: string): RecentTables {
    const share = this.#shares.get(namespace) ?? new RecentTables();
    this.#shares.delete(namespace);
    this.#shares.set(namespace, share);
    const [oldest] = this.#shares.keys();
    if (this.#shares.size > maxNamespaces && oldest !== undefined) this.#shares.delete(oldest);
    return share;
  }
}

/**
 * Inbound tables that clients were offered recently. A client that was away while its rules changed returns with the
 * version of such a table, and the table says by which rules its open streams were let in.
 */
export class RecentTables {
  readonly #limit: number;
  /** By version; the most recently offered come last. */
  readonly #tables = new Map<string, Table>();
  readonly #noted = new WeakSet<ReadonlyMap<string, Resource>>();

  constructor(limit: number = defaultLimit) {
    this.#limit = limit;
  }

  /** Records the tables among all routes of a client. */
  note(routes: ReadonlyMap<string, Resource>): void {
    if (this.#noted.has(routes)) return;
    this.#noted.add(routes);
    for (const { name, version, grants } of routes.values()) {
      if (grants === undefined) continue;
      this.#tables.delete(version);
      this.#tables.set(version, { name, grants });
    }
    for (const oldest of this.#tables.keys()) {
      if (this.#tables.size <= this.#limit) return;
      this.#tables.delete(oldest);
    }
  }

  /** The table of that version; undefined when it is unknown. */
  get(version: string): Table | undefined {
    return this.#tables.get(version);
  }
}
