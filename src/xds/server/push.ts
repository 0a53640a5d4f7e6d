import type { ResourceSet } from '../resources/resource.ts';
import type { Connection } from './connection.ts';
import type { Connections } from './connections.ts';
import type { XdsMetrics } from '../port/metrics.ts';
import type { Proxy } from '../../policy/proxy.ts';

/** The resources of a proxy; undefined while the proxy is unknown: it then waits. */
export type SetOf = (proxy: Proxy) => ResourceSet | undefined;

/**
 * Streams written to before other work gets its turn: about 5 ms of work for small responses. Offers may have to be
 * made first, so the time is limited as well.
 */
const slice = { size: 64, ms: 10 };

/** Brings each publication to every stream, in slices, so that the process stays responsive. */
export class Push {
  readonly #connections: Connections;
  readonly #metrics: XdsMetrics;
  /** Streams that the newest publication has not reached. Insertion order keeps turns fair. */
  readonly #waiting = new Set<Connection>();
  #setOf: SetOf = () => undefined;
  #running = false;
  #since = 0;

  constructor(connections: Connections, metrics: XdsMetrics) {
    this.#connections = connections;
    this.#metrics = metrics;
  }

  /** Offers every stream what `setOf` returns now. It overtakes a publication that is still on its way. */
  publish(setOf: SetOf): void {
    this.#setOf = setOf;
    for (const connection of this.#connections) this.#waiting.add(connection);
    if (this.#running || this.#waiting.size === 0) return;
    this.#running = true;
    this.#since = performance.now();
    this.#slice();
  }

  /** Offers a new stream what was published last. */
  sendInitial(connection: Connection): void {
    this.#offer(connection);
  }

  #slice(): void {
    let left = slice.size;
    const began = performance.now();
    for (const connection of this.#waiting) {
      if (left === 0 || performance.now() - began > slice.ms) {
        setImmediate(() => this.#slice());
        return;
      }
      this.#waiting.delete(connection);
      if (this.#offer(connection)) left -= 1;
    }
    this.#running = false;
    this.#metrics.pushed((performance.now() - this.#since) / 1000);
  }

  #offer(connection: Connection): boolean {
    if (connection.ended !== undefined) return false;
    const set = this.#setOf(connection.proxy);
    connection.isStranger = set === undefined;
    if (set === undefined || set === connection.session.offered) return false;
    connection.offer(set);
    this.#connections.note(connection);
    return true;
  }
}
