import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { type Server, status } from '@grpc/grpc-js';
import type { SecurePort } from './secure-port.ts';
import { SmallParts } from './small-parts.ts';
import { tlsServersOf } from './tls-servers.ts';

type Handler = (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  ...more: unknown[]
) => void;

/**
 * Inspects each call of a connection before grpc-js processes it, because grpc-js has no hook for this
 * (docs/decisions/0126). It counts calls, because many short calls cost most (CVE-2023-44487). It refuses compressed
 * calls: grpc-js would decompress their messages before any limit of ours, and the mesh's own clients compress nothing.
 * It hands on the bytes of all other calls in small parts. Call it once the server's credentials are in use.
 */
export function guardCalls(server: Server, port: SecurePort): void {
  const parts = new SmallParts();
  for (const tls of tlsServersOf(server)) {
    const handlers = tls.listeners('stream') as Handler[];
    tls.removeAllListeners('stream');
    const begin: Handler = (stream, headers, ...more) => {
      const { session } = stream;
      // Answering a stream whose session is destroyed throws.
      if (session === undefined || session.destroyed) return;
      const { remoteAddress, remotePort } = session.socket;
      if (!port.called(`${remoteAddress}:${remotePort}`)) session.destroy();
      else if (isCompressed(headers)) refuseCompressed(stream);
      else {
        parts.watch(stream);
        for (const handler of handlers) handler.call(tls, stream, headers, ...more);
      }
    };
    tls.on('stream', begin);
  }
}

function isCompressed({ 'grpc-encoding': encoding = 'identity' }: IncomingHttpHeaders): boolean {
  return encoding !== 'identity';
}

/**
 * https://github.com/grpc/grpc/blob/master/doc/compression.md: "an UNIMPLEMENTED status", with the encodings
 * understood.
 */
function refuseCompressed(stream: ServerHttp2Stream): void {
  stream.on('error', () => undefined);
  stream.respond(
    {
      ':status': constants.HTTP_STATUS_OK,
      'content-type': 'application/grpc',
      'grpc-status': status.UNIMPLEMENTED,
      'grpc-message': 'messages may not be compressed',
      'grpc-accept-encoding': 'identity',
    },
    { endStream: true },
  );
  stream.close(constants.NGHTTP2_NO_ERROR);
}
