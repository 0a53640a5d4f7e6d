import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { renderPage } from './page.ts';
import { sendHtml, sendJson, serve, type Route } from './web.ts';

const tracingHeaders = [
  'x-ot-span-context',
  'x-request-id',
  'uber-trace-id',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
];

function tracingOf(request: IncomingMessage): Record<string, string> {
  const copied: Record<string, string> = {};
  for (const name of tracingHeaders) {
    const value = request.headers[name];
    if (typeof value === 'string') copied[name] = value;
  }
  return copied;
}

/** Reports one sold book to the warehouse, without waiting for the answer. */
function restock(url: string, tracing: Record<string, string>): void {
  fetch(url, { method: 'POST', body: '1', headers: tracing, signal: AbortSignal.timeout(5000) })
    .then((response) => response.arrayBuffer())
    .catch((error: unknown) => process.stderr.write(`restocking failed: ${String(error)}\n`));
}

/** Sells books on `--port` (14001) and names itself in the Identity header of every answer. */
export function runBookstore(): void {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '14001' } } });
  const { env } = process;
  const identity = env['IDENTITY'] ?? 'bookstore';
  const warehouse = `http://bookwarehouse.${env['BOOKWAREHOUSE_NAMESPACE'] ?? 'bookwarehouse'}:14001/restock-books`;
  const state = { booksSold: 0 };

  const named =
    (route: Route): Route =>
    (request, response) => {
      response.setHeader('identity', identity);
      response.setHeader('booksbought', String(state.booksSold));
      return route(request, response);
    };
  const sold = named((_, response) => sendJson(response, { booksSold: state.booksSold }));
  const ok = named((_, response) => sendJson(response, { ok: true }));

  serve(Number(values.port), {
    'GET /': named((_, response) =>
      sendHtml(
        response,
        renderPage({
          title: identity,
          subtitle: 'Sells books to clients that the mesh admits.',
          accent: '#2f7d5b',
          counters: [{ field: 'booksSold', label: 'Books sold' }],
        }),
      ),
    ),
    'GET /raw': sold,
    'GET /books-bought': sold,
    'POST /books-bought': sold,
    'GET /buy-a-book/new': named(async (request, response) => {
      await sleep(Number(env['BUY_DELAY_MS'] ?? 150 + Math.random() * 600));
      state.booksSold += 1;
      restock(warehouse, tracingOf(request));
      sendJson(response, { booksSold: state.booksSold });
    }),
    'POST /reset': named((_, response) =>
      sendJson(response, Object.assign(state, { booksSold: 0 })),
    ),
    'GET /reset': named((_, response) =>
      sendJson(response, Object.assign(state, { booksSold: 0 })),
    ),
    'GET /liveness': ok,
    'GET /readiness': ok,
    'GET /startup': ok,
  });
}
