import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Exchange {
  readonly since: number;
  readonly request: Pick<IncomingMessage, 'complete'>;
  readonly response: Pick<ServerResponse, 'writableEnded'>;
}

/** A connection of an HTTP server, with the facts that decide which connection gives way. */
export interface RankedConnection {
  readonly network: string;
  readonly key: string;
  readonly socket: Socket;
  readonly exchanges: Set<Exchange>;
  /** Whether a request on it was answered with 200. */
  isProven: boolean;
  /** When the connection arrived, or when it last had an answer of 200. */
  since: number;
}

/**
 * The standings, in the order in which connections give way. `late`: no answer of 200 within its time; `slow`: it takes
 * too long to send a body or to read an answer; `idle`: it has no request; `sending`: its body is arriving; `timed`: it
 * has time left. `busy`: a whole request of it is being answered, so it never gives way (docs/decisions/0121).
 */
const standings = ['late', 'slow', 'idle', 'sending', 'timed', 'busy'] as const;
export type ConnectionStanding = (typeof standings)[number];

/** On a proven connection, how long an arriving body or an outgoing answer may take. */
const slowMs = 500;

export interface Least {
  readonly connection: RankedConnection;
  readonly standing: ConnectionStanding;
}

/**
 * Of the connections that are `meant`, the first to give way; among equal standings the oldest. `timeMs` is the time
 * that a connection has, once, for its handshake, its first request and the answer together. Undefined when all are
 * busy.
 */
export function findFirstToYield(
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
 * A connection has its time only once: a proven connection whose next body is arriving is `sending` and gives way,
 * however new that body is.
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
