import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { type RankedConnection, type Least, findFirstToYield } from './connection-rank.ts';
import { networkOf } from '../common/network-of.ts';
import { patientNow } from './patient-clock.ts';
import { Penalties } from '../common/penalties.ts';

export interface ConnectionLimits {
  /** Connections that the server has at once. */
  readonly total: number;
  /** Connections that one remote address, or an IPv6 /64, has at once. */
  readonly perAddress: number;
}

/**
 * The room for the next connection of a network. `free`: a place of the server; `own`: the place of another connection
 * of its network, which has its full share; `none`: every connection that could give way has time left.
 */
export type Room = 'free' | 'own' | 'none';

export interface Places {
  readonly limits: ConnectionLimits;
  /**
   * Takes the number of connections that wait, and returns a function that says what room a network's next connection
   * has. Valid until the server takes a connection.
   */
  readonly look: (waiting: number) => (network: string) => Room;
  /** Whether a connection of the network recently used up its time without an answer of 200. */
  readonly isSlow: (network: string) => boolean;
  /** Whether connections waited for a place a moment ago. If so, an answer should be the last on its connection. */
  readonly isCrowded: () => boolean;
}

/**
 * How long a new connection may keep its place while others wait. The more wait, the shorter, so that each gets a place
 * after about a second; yet long enough for an honest client.
 */
const time = { mostMs: 1_000, leastMs: 100, waitMs: 1_000 };
/** How long a slow network comes after the others. */
const penaltyMs = 5_000;
/** How long the server counts as crowded after a look that found all places taken. */
const crowdedMs = 250;

/**
 * Limits the connections of an HTTP or HTTPS server to `limits`, and makes room for each new connection: the one that
 * has proven least gives way, see `findFirstToYield`. A request that has arrived in full is always answered. A server
 * that can let connections wait looks for room before it takes one (docs/decisions/0065).
 */
export function shareConnections(
  server: Server,
  limits: ConnectionLimits,
  now: () => number = patientNow,
): Places {
  const table = new ConnectionTable(limits, now);
  server.on('connection', (socket: Socket) => table.add(socket));
  server.on('request', (request: IncomingMessage, response: ServerResponse) =>
    table.begin(request, response),
  );
  return {
    limits,
    look: (waiting) => table.look(waiting),
    isSlow: (network) => table.isSlow(network),
    isCrowded: () => table.isCrowded(),
  };
}

class ConnectionTable {
  readonly #limits: ConnectionLimits;
  readonly #now: () => number;
  /** Keyed by the two ends of the connection, in order of arrival. */
  readonly #all = new Map<string, RankedConnection>();
  readonly #sizes = new Map<string, number>();
  readonly #slow: Penalties;
  #timeMs = time.mostMs;
  #crowdedAt = -Infinity;

  constructor(limits: ConnectionLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#slow = new Penalties(penaltyMs, now);
  }

  add(socket: Socket): void {
    const [network, key] = [networkOf(socket.remoteAddress ?? ''), keyOf(socket)];
    // The client closed the older connection and opened this one from the same port; its end has not been read yet.
    this.#close(this.#all.get(key));
    if (!this.#makeRoom(network)) {
      socket.destroy();
      return;
    }
    const connection: RankedConnection = {
      ...{ network, key, socket, exchanges: new Set(), isProven: false, since: this.#now() },
    };
    this.#all.set(key, connection);
    this.#sizes.set(network, this.#sizeOf(network) + 1);
    socket.once('close', () => this.#remove(connection));
  }

  begin(request: IncomingMessage, response: ServerResponse): void {
    const found = this.#all.get(keyOf(request.socket));
    if (found === undefined) return;
    const exchange = { since: this.#now(), request, response };
    found.exchanges.add(exchange);
    response.once('close', () => {
      found.exchanges.delete(exchange);
      if (response.statusCode !== 200 || !response.writableFinished) return;
      found.isProven = true;
      found.since = this.#now();
    });
  }

  look(waiting: number): (network: string) => Room {
    const shared = (this.#limits.perAddress * time.waitMs) / waiting;
    this.#timeMs = Math.max(time.leastMs, Math.min(time.mostMs, shared));
    let any: boolean | undefined;
    return (network) => {
      const isFull = this.#hasItsShare(network);
      if (isFull || this.#all.size >= this.#limits.total) this.#crowdedAt = this.#now();
      if (isFull) return givesWay(this.#least(network)) ? 'own' : 'none';
      any ??= this.#all.size < this.#limits.total || givesWay(this.#least());
      return any ? 'free' : 'none';
    };
  }

  isCrowded(): boolean {
    return this.#now() - this.#crowdedAt < crowdedMs;
  }

  isSlow(network: string): boolean {
    return this.#slow.has(network);
  }

  #hasItsShare(network: string): boolean {
    return this.#sizeOf(network) >= this.#limits.perAddress;
  }

  #makeRoom(network: string): boolean {
    const isFull = this.#hasItsShare(network);
    if (!isFull && this.#all.size < this.#limits.total) return true;
    const least = isFull ? this.#least(network) : this.#least();
    if (least?.standing === 'late') this.#slow.add(least.connection.network);
    return this.#close(least?.connection);
  }

  /** The connection that gives way first, of one network if it is given; undefined when none can. */
  #least(network?: string): Least | undefined {
    const moment = { now: this.#now(), timeMs: this.#timeMs };
    return findFirstToYield(this.#all.values(), moment, (connection) =>
      network === undefined ? true : connection.network === network,
    );
  }

  #close(connection: RankedConnection | undefined): boolean {
    if (connection === undefined) return false;
    this.#remove(connection);
    connection.socket.destroy();
    return true;
  }

  #remove({ key, network, socket }: RankedConnection): void {
    if (this.#all.get(key)?.socket !== socket) return;
    this.#all.delete(key);
    const left = this.#sizeOf(network) - 1;
    if (left > 0) this.#sizes.set(network, left);
    else this.#sizes.delete(network);
  }

  #sizeOf(network: string): number {
    return this.#sizes.get(network) ?? 0;
  }
}

function givesWay(least: Least | undefined): boolean {
  return least !== undefined && least.standing !== 'timed';
}

/** Names a connection by its ends, because a TLS socket and the socket below it have the same ends. */
function keyOf({ remoteAddress = '', remotePort = 0, localAddress = '' }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
