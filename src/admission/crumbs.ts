import type { IncomingMessage } from 'node:http';

/** So many parts of a body are taken in any case: some milliseconds of work. */
const free = 1_024;
/** Bytes of a part on average, below which it costs more to take in than to read: TLS has up to 16 KB in one. */
const leastBytes = 64;

/**
 * Ends the connection of a body that comes in very many tiny parts, each of which costs as much work as a
 * large one, whether or not the body is read. No honest client sends such a body.
 */
export function refuseCrumbs(request: IncomingMessage): void {
  let [parts, bytes] = [0, 0];
  request.on('data', (part: Buffer) => {
    parts += 1;
    bytes += part.length;
    if (parts >= free && bytes < parts * leastBytes) request.socket.destroy();
  });
}
