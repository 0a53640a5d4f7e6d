import type { IncomingMessage } from 'node:http';

/** This many parts of a body are always accepted: they cost some milliseconds of work. */
const free = 1_024;
/**
 * The least average size of a part, in bytes. A smaller part costs more to process than to read; TLS has up to 16 KB in
 * one part.
 */
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
