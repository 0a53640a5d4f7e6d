import type { Socket } from 'node:net';
import type { Places, Room } from './connection-shares.ts';
import { networkOf } from '../common/network-of.ts';

/** The sockets of one network with their arrival numbers, in order of arrival. */
type Queue = Map<Socket, number>;

interface Found {
  readonly network: string;
  readonly queue: Queue;
  readonly rank: number;
  readonly arrival: number;
}

/** Connections whose ClientHello is whole and that wait for a place (docs/decisions/0124). */
export class WaitingConnections {
  readonly #most: number;
  readonly #places: Places;
  readonly #queues = new Map<string, Queue>();
  #size = 0;
  #arrivals = 0;

  /**
   * Keeps at most `most` connections. Beyond that it closes the newest of the network with the most; slow networks
   * first.
   */
  constructor(most: number, places: Places) {
    this.#most = most;
    this.#places = places;
  }

  get size(): number {
    return this.#size;
  }

  add(socket: Socket): void {
    const network = networkOf(socket.remoteAddress ?? '');
    const queue: Queue = this.#queues.get(network) ?? new Map<Socket, number>();
    this.#queues.set(network, queue);
    queue.set(socket, (this.#arrivals += 1));
    this.#size += 1;
    socket.once('close', () => this.#delete(network, socket));
    if (this.#size > this.#most) this.#greediest()?.destroy();
  }

  /**
   * The next connection that has room; undefined if none has. Networks that were slow recently wait behind all others,
   * and in each group networks with their full share of places wait behind the rest. Otherwise the first to arrive is
   * first.
   */
  take(): Socket | undefined {
    const look = this.#places.look(this.#size);
    let found: Found | undefined;
    for (const [network, queue] of this.#queues) {
      const room = look(network);
      const [arrival = 0] = queue.values();
      const next = { network, queue, arrival, rank: this.#rank(network, room) };
      if (room !== 'none' && isBefore(next, found)) found = next;
    }
    const [socket] = found?.queue.keys() ?? [];
    if (socket !== undefined) this.#delete(found?.network ?? '', socket);
    return socket;
  }

  closeAll(): void {
    for (const queue of [...this.#queues.values()])
      for (const socket of [...queue.keys()]) socket.destroy();
  }

  #rank(network: string, room: Room): number {
    return (this.#places.isSlow(network) ? 2 : 0) + (room === 'own' ? 1 : 0);
  }

  /** The newest connection of the network with the most; slow networks come before all others. */
  #greediest(): Socket | undefined {
    let [most, found]: [number, Queue | undefined] = [0, undefined];
    for (const [network, queue] of this.#queues) {
      const weight = queue.size + (this.#places.isSlow(network) ? this.#most : 0);
      if (weight > most) [most, found] = [weight, queue];
    }
    let newest: Socket | undefined;
    for (const socket of found?.keys() ?? []) newest = socket;
    return newest;
  }

  #delete(network: string, socket: Socket): void {
    const queue = this.#queues.get(network);
    if (queue?.delete(socket) !== true) return;
    this.#size -= 1;
    if (queue.size === 0) this.#queues.delete(network);
  }
}

function isBefore(next: Found, found: Found | undefined): boolean {
  if (found === undefined || next.rank < found.rank) return true;
  return next.rank === found.rank && next.arrival < found.arrival;
}
