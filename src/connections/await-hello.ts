import type { Socket } from 'node:net';
import { judgeHello } from './client-hello.ts';

/**
 * Reads of a paused socket until a TLS ClientHello is whole, puts that back for TLS to begin with, and calls
 * `whole`; calls `none` once the bytes are no such thing, or more than `maxBytes`. Nothing is read after either.
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
    const hello = bytes.length > maxBytes ? 'none' : judgeHello(bytes, maxBytes);
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
