import type { Socket } from 'node:net';
import { parseHello } from './client-hello.ts';

/**
 * Reads a paused socket until it has a whole TLS ClientHello, puts the bytes back for TLS, and calls `whole`. Calls
 * `none` once the bytes cannot be a ClientHello or exceed `maxBytes`. Reads nothing after either call.
 */
export function awaitHello(
  socket: Socket,
  maxBytes: number,
  { whole, none }: { readonly whole: () => void; readonly none: () => void },
): void {
  let bytes: Buffer = Buffer.alloc(0);
  const read = (): void => {
    const more = socket.read() as Buffer | null;
    if (more === null) return;
    bytes = bytes.length === 0 ? more : Buffer.concat([bytes, more]);
    const hello = bytes.length > maxBytes ? 'none' : parseHello(bytes, maxBytes);
    if (hello === 'incomplete') return;
    socket.off('readable', read);
    if (hello === 'none') {
      none();
      return;
    }
    socket.unshift(bytes);
    whole();
  };
  socket.on('readable', read);
}
