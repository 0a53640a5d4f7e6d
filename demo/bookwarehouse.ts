import { text } from 'node:stream/consumers';
import { sendJson, serve, type Route } from './web.ts';

/** Counts the sold books that bookstores report, on port 14001. */
export function runBookwarehouse(): void {
  const state = { restocked: 0 };
  const restock: Route = async (request, response) => {
    const books = Number((await text(request)).slice(0, 20));
    if (Number.isInteger(books) && books > 0) state.restocked += books;
    sendJson(response, state);
  };
  const show: Route = (_, response) => sendJson(response, state);
  serve(14001, {
    'POST /restock-books': restock,
    'POST /': restock,
    'GET /': show,
    'GET /raw': show,
  });
}
