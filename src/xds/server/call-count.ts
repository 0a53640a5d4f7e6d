import type { ServerHttp2Stream } from 'node:http2';
import type { Server } from '@grpc/grpc-js';
import type { SecurePort } from './secure-port.ts';
import { tlsServersOf } from './tls-servers.ts';

type Handler = (stream: ServerHttp2Stream, ...more: unknown[]) => void;

/**
 * Counts each call of a connection before anything is made of it: calls cost most where they are
 * many and over at once (CVE-2023-44487), and grpc-js asks nobody before it begins one. So it is
 * told of a call only when that is counted: it answers at once, and answering a stream whose session
 * is destroyed throws. To be called once the server's credentials are in use.
 */
export function countCalls(server: Server, port: SecurePort): void {
  for (const tls of tlsServersOf(server)) {
    const handlers = tls.listeners('stream') as Handler[];
    tls.removeAllListeners('stream');
    tls.on('stream', (stream: ServerHttp2Stream, ...more: unknown[]) => {
      const { session } = stream;
      if (session === undefined || session.destroyed) return;
      const { remoteAddress, remotePort } = session.socket;
      if (!port.called(`${remoteAddress}:${remotePort}`)) session.destroy();
      else for (const handler of handlers) handler.call(tls, stream, ...more);
    });
  }
}
