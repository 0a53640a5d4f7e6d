import type { Socket } from 'node:net';
import type { Server } from '@grpc/grpc-js';
import { tlsServersOf } from './tls-servers.ts';

/** A client ended its handshake because it does not accept the server's certificate. */
export interface RefusedHandshake {
  /** The client's IP. */
  readonly address: string;
  /** The client's alert in words, such as `unknown ca`. */
  readonly alert: string;
}

/** Alerts about the certificate. Other alerts may come from anything that probes a port. */
const certificateAlert =
  /_ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_EXPIRED|CERTIFICATE_REVOKED|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE)$/;

/**
 * Reports clients that refuse the certificate of a gRPC server. Call it once its credentials are in use. grpc-js does
 * not report failed handshakes, so this listens to its TLS server (docs/decisions/0109).
 */
export function watchHandshakes(
  server: Server,
  refused: (handshake: RefusedHandshake) => void,
): void {
  for (const tls of tlsServersOf(server)) {
    // A client that refuses closes its end at once, and after that its address is no longer known.
    const addresses = new WeakMap<object, string>();
    tls.on('connection', (socket: Socket) => {
      if (socket.remoteAddress !== undefined) addresses.set(socket, socket.remoteAddress);
    });
    tls.on('tlsClientError', (error: unknown, socket: unknown) => {
      const address = addressOf(socket, addresses);
      const alert = alertOf(error);
      if (address !== undefined && alert !== undefined) refused({ address, alert });
    });
  }
}

/**
 * A TLS socket refers to the socket below it in a field that Node does not document; without it nothing is reported.
 */
function addressOf(socket: unknown, addresses: WeakMap<object, string>): string | undefined {
  if (typeof socket !== 'object' || socket === null || !('_parent' in socket)) return undefined;
  const below = socket._parent;
  return typeof below === 'object' && below !== null ? addresses.get(below) : undefined;
}

function alertOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : '';
  return certificateAlert.exec(String(code))?.[1]?.toLowerCase().replaceAll('_', ' ');
}
