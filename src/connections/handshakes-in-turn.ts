import type { Socket } from 'node:net';
import type { Server } from 'node:tls';
import { awaitHello } from './await-hello.ts';
import type { Places } from './connection-shares.ts';
import { SilentConnections } from './silent-connections.ts';
import { WaitingConnections } from './waiting-connections.ts';

/** Each costs half a millisecond and more. */
const perTurn = 4;
/** Connections that say nothing, and connections that wait for each place. */
const mostSilent = 1_024;
const mostWaitingPerPlace = 4;
/** How often those that wait look again where nobody found room. */
const lookMs = 10;
/** Bytes of a ClientHello; more are not read before its place is there. */
const maxHelloBytes = 4 * 1024;

/** To be among the options of a server whose handshakes begin in turn: nothing is read before. */
export const readsInTurn = { pauseOnConnect: true, highWaterMark: maxHelloBytes } as const;

/**
 * Hands the connections of a TLS server to its listeners once their ClientHello is whole and there is room for
 * them, some in each turn of the event loop: a crowd that comes at once would keep all other work waiting, and
 * would cost each other the places before their handshakes are over. Those that are not handed over are closed
 * when the server closes. To be called after all listeners for connections are added, on a server with
 * `readsInTurn`.
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
    else setTimeout(turn, lookMs);
  };
  server.on('connection', (socket: Socket) => {
    // Until TLS begins nothing else listens for errors, and a connection that is reset would end the process.
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

/** The server has its option in this field. A TLS session that began under it would be paused as well. */
function beginUnpaused(
  server: Server,
  begin: readonly ((socket: Socket) => void)[],
  socket: Socket,
): void {
  Object.assign(server, { pauseOnConnect: false });
  for (const listener of begin) if (!socket.destroyed) listener.call(server, socket);
  Object.assign(server, { pauseOnConnect: true });
}
