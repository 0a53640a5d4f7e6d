import type { Socket } from 'node:net';
import type { Server } from 'node:tls';
import { awaitHello } from './await-hello.ts';
import type { Places } from './connection-shares.ts';
import { SilentConnections } from './silent-connections.ts';
import { WaitingConnections } from './waiting-connections.ts';

/** Handshakes begun in one turn. Each costs half a millisecond or more. */
const perTurn = 4;
/** Connections that have not sent a ClientHello, and connections that wait for each place. */
const mostSilent = 1_024;
const mostWaitingPerPlace = 4;
/** How often waiting connections look again when none of them found room. */
const pollIntervalMs = 10;
/** Bytes of a ClientHello. No more is read before the connection has its place. */
const maxHelloBytes = 4 * 1024;

/** Options of a server whose handshakes begin in turn: the server reads nothing before. */
export const readsInTurn = { pauseOnConnect: true, highWaterMark: maxHelloBytes } as const;

/**
 * Hands the connections of a TLS server to its listeners once their ClientHello is whole and there is room for them, a
 * few in each turn of the event loop. Otherwise many connections at once would delay all other work, and would take
 * each other's places before their handshakes are over. Connections that were not handed over are closed when the
 * server closes. Call this after all listeners for connections are added, on a server with `readsInTurn`.
 */
export function beginHandshakesInTurn(server: Server, places: Places): void {
  const begin = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  const waiting = new WaitingConnections(mostWaitingPerPlace * places.limits.total, places);
  const silent = new SilentConnections(mostSilent, () => server.listening);
  const beginNext = (): boolean => {
    const next = waiting.take();
    if (next !== undefined) beginUnpaused(server, begin, next);
    return next !== undefined;
  };
  let isTurning = false;
  const turn = (): void => {
    isTurning = false;
    let begun = 0;
    while (begun < perTurn && beginNext()) begun += 1;
    const isRoom = begun === perTurn;
    if (!isRoom && !server.listening) waiting.closeAll();
    if (waiting.size > 0) again(isRoom);
  };
  const again = (isRoom: boolean): void => {
    if (isTurning) return;
    isTurning = true;
    if (isRoom) setImmediate(turn);
    else setTimeout(turn, pollIntervalMs);
  };
  server.on('connection', (socket: Socket) => {
    // Until TLS begins there is no other error listener, and a connection that is reset would end the process.
    socket.on('error', () => undefined);
    silent.add(socket);
    awaitHello(socket, maxHelloBytes, {
      whole: () => {
        silent.delete(socket);
        waiting.add(socket);
        again(true);
      },
      none: () => void socket.destroy(),
    });
  });
}

/** The server keeps its option in this field. A TLS session that begins while it is true is paused as well. */
function beginUnpaused(
  server: Server,
  begin: readonly ((socket: Socket) => void)[],
  socket: Socket,
): void {
  Object.assign(server, { pauseOnConnect: false });
  for (const listener of begin) if (!socket.destroyed) listener.call(server, socket);
  Object.assign(server, { pauseOnConnect: true });
}
