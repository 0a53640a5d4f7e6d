import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Exchange {
  readonly since: number;
  readonly request: Pick<IncomingMessage, 'complete'>;
  readonly response: Pick<ServerResponse, 'writableEnded'>;
}

/** A connection of an HTTP server, as far as it matters for who gives way. */
export interface RankedConnection {
  readonly network: string;
  readonly key: string;
  readonly socket: Socket;
  readonly exchanges: Set<Exchange>;
  /** A request of it was answered by 200. */
  isProven: boolean;
  /** When it came, or had its last such answer. */
  since: number;
}

/**
 * In the order in which connections give way. `late`: no answer of 200 within its time; `slow`: it sends a body or reads
 * an answer for too long; `idle`: it has no request; `sending`: its body is on the way; `timed`: it has time left.
 * `busy`: a whole request of it is being answered, so it never gives way.
 */
const standings = ['late', 'slow', 'idle', 'sending', 'timed', 'busy'] as const;
export type ConnectionStanding = (typeof standings)[number];

/** How long a body may take that comes, and an answer that goes, on a connection that is proven. */
const slowMs = 500;

export interface Least {
  readonly connection: RankedConnection;
  readonly standing: ConnectionStanding;
}

/**
 * The first that gives way of those that are `meant`; of the same standing the one that is there longest.
 * `timeMs` is what a connection has for its handshake, its first request and the answer together, once.
 * Undefined when a review is under way on each of them.
 */
export function leastOf(
  connections: Iterable<RankedConnection>,
  { now, timeMs }: { readonly now: number; readonly timeMs: number },
  meant: (connection: RankedConnection) => boolean,
): Least | undefined {
  let [least, lowest]: [RankedConnection | undefined, number] = [
    undefined,
    standings.indexOf('busy'),
  ];
  for (const connection of connections) {
    if (!meant(connection)) continue;
    const rank = standings.indexOf(standingOf(connection, now, timeMs));
    const isOlder = rank === lowest && connection.since < (least?.since ?? -Infinity);
    if (rank < lowest || isOlder) [least, lowest] = [connection, rank];
  }
  return least && { connection: least, standing: standings[lowest] ?? 'busy' };
}

/**
 * A connection has its time once. A proven connection that begins the next body before the last review is
 * answered is `sending`: it gives way, however new that body is.
 */
function standingOf(
  { isProven, since, exchanges }: RankedConnection,
  now: number,
  timeMs: number,
): ConnectionStanding {
  let isSlow = false;
  for (const { since: began, request, response } of exchanges) {
    if (request.complete && !response.writableEnded) return 'busy';
    isSlow ||= now - began > slowMs;
  }
  if (!isProven) return now - since > timeMs ? 'late' : 'timed';
  if (isSlow) return 'slow';
  return exchanges.size > 0 ? 'sending' : 'idle';
}
