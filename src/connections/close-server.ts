import type { Server } from 'node:http';

const cutMs = 100;

type Closing = Pick<Server, 'close' | 'closeIdleConnections' | 'closeAllConnections'>;

/**
 * Takes no more connections, lets requests under way end for `drainMs` milliseconds, then cuts whatever is
 * left. Resolves once all connections are gone.
 */
export function closeServer(server: Closing, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    // Repeated, because the HTTP server learns of a connection only after its TLS handshake.
    const begin = (): void => void (cutting = setInterval(cut, cutMs));
    const cut = (): void => server.closeAllConnections();
    let cutting: NodeJS.Timeout | undefined;
    const draining = setTimeout(begin, drainMs);
    server.close(() => {
      clearTimeout(draining);
      clearInterval(cutting);
      resolve();
    });
    server.closeIdleConnections();
    if (drainMs === 0) cut();
  });
}
