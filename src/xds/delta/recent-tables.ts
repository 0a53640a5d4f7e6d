import type { Resource } from '../resources/resource.ts';

/** A route table of an inbound port, as far as it says who is allowed what. */
export type Table = Pick<Resource, 'name' | 'grants'>;

/** Of one namespace: a pod has as many tables as HTTP ports. */
const defaultLimit = 1_024;
/** Namespaces whose proxies were offered tables lately. */
const maxNamespaces = 4_096;

/** The tables of each namespace for itself, so that one with many drives out no other's. */
export class TableShares {
  /** Those asked for last come last. */
  readonly #shares = new Map<string, RecentTables>();

  of(namespace: string): RecentTables {
    const share = this.#shares.get(namespace) ?? new RecentTables();
    this.#shares.delete(namespace);
    this.#shares.set(namespace, share);
    const [oldest] = this.#shares.keys();
    if (this.#shares.size > maxNamespaces && oldest !== undefined) this.#shares.delete(oldest);
    return share;
  }
}

/**
 * Inbound tables that clients were offered lately. A client that was away while its rules changed
 * comes back with the version of one, which says what its open streams were let in by.
 */
export class RecentTables {
  readonly #limit: number;
  /** By version; those offered last come last. */
  readonly #tables = new Map<string, Table>();
  readonly #noted = new WeakSet<ReadonlyMap<string, Resource>>();

  constructor(limit: number = defaultLimit) {
    this.#limit = limit;
  }

  /** Takes note of the tables among all routes of a client. */
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

  /** The table of that version; undefined for one that is not known. */
  of(version: string): Table | undefined {
    return this.#tables.get(version);
  }
}
