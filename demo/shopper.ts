import { setTimeout as sleep } from 'node:timers/promises';
import { renderPage, type Page } from './page.ts';
import { sendHtml, sendJson, serve } from './web.ts';

/** What a shopper counts; `/raw` shows it as it is. */
export interface Tally {
  booksBought: number;
  booksBoughtV1: number;
  booksBoughtV2: number;
  failed: number;
  lastOutcome: string;
}

export interface Shopper {
  /** Sent as the client-app header, and the page's title. */
  readonly name: string;
  readonly page: Page;
}

const userAgent = 'Go-http-client/1.1';

function emptyTally(): Tally {
  return { booksBought: 0, booksBoughtV1: 0, booksBoughtV2: 0, failed: 0, lastOutcome: '' };
}

/** Counts one answer of the bookstore: a buy by the version that its Identity header names. */
export function count(tally: Tally, status: number, identity: string): void {
  tally.lastOutcome = `HTTP ${status}`;
  if (status !== 200) {
    tally.failed += 1;
    return;
  }
  tally.booksBought += 1;
  if (identity.startsWith('bookstore-v1')) tally.booksBoughtV1 += 1;
  if (identity.startsWith('bookstore-v2')) tally.booksBoughtV2 += 1;
}

async function get(url: string, name: string): Promise<{ status: number; identity: string }> {
  const response = await fetch(url, {
    headers: { 'client-app': name, 'user-agent': userAgent },
    signal: AbortSignal.timeout(5000),
  });
  await response.arrayBuffer();
  return { status: response.status, identity: response.headers.get('identity') ?? '' };
}

/** Why a request never got an answer, in the operating system's word: ECONNREFUSED, ECONNRESET, … */
function outcomeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return cause instanceof Error ? cause.name : String(cause);
}

async function shop(shopper: Shopper, tally: Tally, base: string): Promise<void> {
  try {
    await get(`${base}/books-bought`, shopper.name);
    const { status, identity } = await get(`${base}/buy-a-book/new`, shopper.name);
    count(tally, status, identity);
  } catch (error) {
    tally.failed += 1;
    tally.lastOutcome = outcomeOf(error);
  }
}

/** Buys a book from the bookstore again and again, and shows the results on port 14001. */
export async function runShopper(shopper: Shopper): Promise<void> {
  const { env } = process;
  const store = env['BOOKSTORE_SVC'] ?? 'bookstore';
  const namespace = env['BOOKSTORE_NAMESPACE'] ?? 'bookstore';
  const base = `http://${store}.${namespace}.svc.${env['CLUSTER_DOMAIN'] ?? 'cluster.local'}:14001`;
  const pause = Number(env['CI_SLEEP_BETWEEN_REQUESTS_MS'] ?? 1000);
  const concurrency = Number(env['CI_CLIENT_CONCURRENT_CONNECTIONS'] ?? 1);
  const tally = emptyTally();

  serve(14001, {
    'GET /': (_, response) => sendHtml(response, renderPage(shopper.page)),
    'GET /raw': (_, response) => sendJson(response, tally),
    'POST /reset': (_, response) => sendJson(response, Object.assign(tally, emptyTally())),
    'GET /reset': (_, response) => sendJson(response, Object.assign(tally, emptyTally())),
  });
  const loop = async (): Promise<never> => {
    for (;;) {
      await shop(shopper, tally, base);
      await sleep(pause);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, loop));
}
