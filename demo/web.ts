import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** Answers one request; what it throws becomes a 500. */
export type Route = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Routes by `<METHOD> <path>`. */
export type Routes = Readonly<Record<string, Route>>;

export function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

export function sendHtml(response: ServerResponse, html: string): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(html);
}

async function answer(
  routes: Routes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const route = routes[`${request.method ?? 'GET'} ${path}`];
  if (route === undefined) {
    response.writeHead(404).end('no such page\n');
    return;
  }
  await route(request, response);
}

/**
 * Serves `routes` on every address of the pod. On SIGTERM it stops listening, lets requests that
 * are under way finish; then the process ends.
 */
export function serve(port: number, routes: Routes): Server {
  const server = createServer((request, response) => {
    answer(routes, request, response).catch((error: unknown) => {
      process.stderr.write(`request failed: ${String(error)}\n`);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.listen(port, () => process.stdout.write(`listening on ${port}\n`));
  process.once('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
  return server;
}
