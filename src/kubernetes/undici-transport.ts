import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';
import { httpOne } from '../common/http-one.ts';
import type { Access, Credentials, TlsIdentity } from './credentials.ts';
import { type HttpRequest, type HttpResponse, type Transport, readText } from './transport.ts';

/** Watches hold one connection each; more than this many calls at once wait for one another. */
const connections = 64;
const keepAliveMs = 30_000;

/**
 * A Transport over undici, with one pool of connections for as long as the TLS identity stays the same
 * (docs/decisions/0007).
 */
export class UndiciTransport implements Transport {
  readonly #credentials: Credentials;
  #pool: { readonly tls: string; readonly dispatcher: Dispatcher } | undefined;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  async send(wanted: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const response = await this.#send(wanted, await this.#credentials.access(false), signal);
    if (response.status !== 401) return response;
    // The token may have been renewed since it was read.
    await readText(response.body);
    return this.#send(wanted, await this.#credentials.access(true), signal);
  }

  /** Cuts every connection. A later send opens new ones. */
  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.dispatcher.destroy();
  }

  async #send(wanted: HttpRequest, access: Access, signal: AbortSignal): Promise<HttpResponse> {
    const response = await request(this.#credentials.server + wanted.path, {
      dispatcher: this.#dispatcherFor(access.tls),
      method: wanted.method,
      headers: {
        ...access.headers,
        accept: 'application/json, */*',
        'user-agent': 'weft',
        ...(wanted.contentType === undefined ? {} : { 'content-type': wanted.contentType }),
      },
      body: wanted.body ?? null,
      signal,
      // Callers limit their own time: a call as a whole, a watch by its silence.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const retryAfter = response.headers['retry-after'];
    return {
      status: response.statusCode,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      body: response.body as AsyncIterable<Uint8Array>,
    };
  }

  #dispatcherFor(tls: TlsIdentity): Dispatcher {
    const key = JSON.stringify(tls);
    if (this.#pool?.tls === key) return this.#pool.dispatcher;
    // Calls under way on the old connections end in their own time.
    void this.#pool?.dispatcher.close();
    const dispatcher = openPool(this.#credentials.proxy, tls);
    this.#pool = { tls: key, dispatcher };
    return dispatcher;
  }
}

function openPool(proxy: string | undefined, tls: TlsIdentity): Dispatcher {
  const connect = { ...tls, timeout: 10_000, keepAlive: true, keepAliveInitialDelay: keepAliveMs };
  if (proxy === undefined) return new Agent({ ...httpOne, connections, connect });
  return new ProxyAgent({ ...httpOne, connections, uri: proxy, requestTls: connect });
}
