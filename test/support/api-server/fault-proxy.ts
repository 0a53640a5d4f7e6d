import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { letPass } from '../time/let-pass.ts';

export interface Upstream {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
}

/** What happens to one request instead of, or before, its being forwarded. */
export type Fault =
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfter?: number }
  | { readonly kind: 'refuse' }
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'cut-halfway' };

/** Bookmarks the proxy adds around each event: two alike, one from the past, or one ahead of its event. */
export type Bookmarks = 'none' | 'doubled' | 'late' | 'early';

export type RequestKind = 'list' | 'page' | 'watch' | 'other';

interface OpenWatch {
  readonly response: ServerResponse;
  partial: string;
  stalled: boolean;
  truncateNext: boolean;
  versions: string[];
}

/**
 * Stands between a client and a real API server, over plain HTTP on loopback, and breaks what passes
 * on command. `page` is a list's later page.
 */
export class FaultProxy {
  readonly #upstream: Upstream;
  readonly #agent: Agent;
  readonly #server: Server;
  readonly #faults: { readonly on: RequestKind; readonly fault: Fault }[] = [];
  readonly #watches = new Set<OpenWatch>();
  readonly #open = new Set<ServerResponse>();
  readonly #counts: Record<RequestKind, number> = { list: 0, page: 0, watch: 0, other: 0 };
  bookmarks: Bookmarks = 'none';

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
    this.#agent = new Agent({ keepAlive: true, ca: upstream.ca });
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#agent.destroy();
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Requests that have no complete answer yet, watches included. */
  get open(): number {
    return this.#open.size;
  }

  get watches(): number {
    return this.#watches.size;
  }

  /** How many requests of that kind came in so far. */
  count(kind: RequestKind): number {
    return this.#counts[kind];
  }

  /** The next `times` requests of that kind meet this fault, after those planned before. */
  plan(on: RequestKind, fault: Fault, times = 1): void {
    for (let time = 0; time < times; time += 1) this.#faults.push({ on, fault });
  }

  clearPlans(): void {
    this.#faults.length = 0;
    this.bookmarks = 'none';
  }

  /** Resets every connection. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  /** Open watches stay open and say nothing more. */
  stall(): void {
    for (const watch of this.#watches) watch.stalled = true;
  }

  /** Open watches end in good order. */
  end(): void {
    for (const { response } of this.#watches) response.end();
  }

  /** Open watches say this line. */
  say(line: string): void {
    for (const { response, stalled } of this.#watches) {
      if (!stalled && !response.writableEnded) response.write(`${line}\n`);
    }
  }

  /** Open watches end in the middle of their next event. */
  truncateNext(): void {
    for (const watch of this.#watches) watch.truncateNext = true;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const kind = kindOf(request);
    this.#counts[kind] += 1;
    this.#open.add(response);
    response.once('close', () => this.#open.delete(response));
    const at = this.#faults.findIndex((plan) => plan.on === kind);
    const fault = at < 0 ? undefined : this.#faults.splice(at, 1)[0]?.fault;
    if (fault?.kind === 'refuse') {
      response.destroy();
    } else if (fault?.kind === 'answer') {
      answer(response, fault);
    } else {
      if (fault?.kind === 'slow') await letPass(fault.ms, 'the fault itself');
      this.#forward(request, response, { kind, halfway: fault?.kind === 'cut-halfway' });
    }
  }

  #forward(
    request: IncomingMessage,
    response: ServerResponse,
    how: { readonly kind: RequestKind; readonly halfway: boolean },
  ): void {
    const forwarded = httpsRequest(new URL(request.url ?? '/', this.#upstream.url), {
      method: request.method,
      agent: this.#agent,
      headers: {
        ...request.headers,
        host: new URL(this.#upstream.url).host,
        authorization: `Bearer ${this.#upstream.token}`,
      },
    });
    response.once('close', () => forwarded.destroy());
    forwarded.on('error', () => response.destroy());
    forwarded.on('response', (from) => {
      response.writeHead(from.statusCode ?? 502, from.headers);
      from.on('error', () => response.destroy());
      if (how.kind === 'watch' && from.statusCode === 200) this.#relayWatch(from, response);
      else if (how.halfway) void relayHalf(from, response);
      else from.pipe(response);
    });
    request.pipe(forwarded);
  }

  #relayWatch(from: IncomingMessage, response: ServerResponse): void {
    const watch: OpenWatch = {
      response,
      partial: '',
      stalled: false,
      truncateNext: false,
      versions: [],
    };
    this.#watches.add(watch);
    response.once('close', () => this.#watches.delete(watch));
    response.flushHeaders();
    from.setEncoding('utf8');
    from.on('data', (text: string) => {
      const lines = (watch.partial + text).split('\n');
      watch.partial = lines.pop() ?? '';
      if (watch.stalled) return;
      const output = lines.map((line) => this.#retell(watch, line)).join('');
      if (!response.destroyed && !response.writableEnded) response.write(output);
    });
    from.on('end', () => {
      if (!watch.stalled) response.end();
    });
  }

  #retell(watch: OpenWatch, line: string): string {
    if (watch.response.writableEnded) return '';
    if (watch.truncateNext) {
      watch.response.end(line.slice(0, line.length / 2));
      return '';
    }
    const version = versionOf(line);
    watch.versions.push(version);
    const bookmark = (of: string): string =>
      `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: of } } })}\n`;
    switch (this.bookmarks) {
      case 'none':
        return `${line}\n`;
      case 'doubled':
        return `${line}\n${bookmark(version)}${bookmark(version)}`;
      case 'late':
        return `${line}\n${bookmark(watch.versions.at(-3) ?? version)}`;
      case 'early':
        return `${bookmark(version)}${line}\n`;
    }
  }
}

function kindOf(request: IncomingMessage): RequestKind {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://proxy');
  if (searchParams.get('watch') === 'true') return 'watch';
  if (searchParams.has('continue')) return 'page';
  const isCollection = /\/(v[^/]+)(\/namespaces\/[^/]+)?\/[^/]+$/.test(pathname);
  return request.method === 'GET' && isCollection ? 'list' : 'other';
}

function answer(response: ServerResponse, fault: Fault & { readonly kind: 'answer' }): void {
  const { status, retryAfter } = fault;
  const reason = { 410: 'Expired', 429: 'TooManyRequests', 500: 'InternalError' }[status];
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  });
  response.end(JSON.stringify({ kind: 'Status', status: 'Failure', reason, code: status }));
}

async function relayHalf(from: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of from) chunks.push(chunk as Buffer);
  const whole = Buffer.concat(chunks);
  response.write(whole.subarray(0, whole.length / 2), () => response.destroy());
}

function versionOf(line: string): string {
  const event = JSON.parse(line) as { object: { metadata?: { resourceVersion?: string } } };
  return event.object.metadata?.resourceVersion ?? '0';
}
