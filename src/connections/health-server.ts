import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { untilAborted } from '../common/aborted.ts';
import { closeServer } from './close-server.ts';
import type { Component } from '../common/component.ts';
import { shareConnections } from './connection-shares.ts';

/** A named question whose answer is undefined when all is well, else the reason why not. */
export interface Check {
  readonly name: string;
  readonly problem: () => string | undefined;
}

export interface HealthOptions {
  readonly port: number;
  /** The process should be restarted when one of these fails. */
  readonly live: readonly Check[];
  /** The process should get no traffic while one of these fails. */
  readonly ready: readonly Check[];
}

function report(checks: readonly Check[]): { readonly status: number; readonly text: string } {
  const lines = checks.map((check) => {
    const problem = check.problem();
    return { ok: problem === undefined, line: `${check.name}: ${problem ?? 'ok'}` };
  });
  return {
    status: lines.every((l) => l.ok) ? 200 : 503,
    text: `${lines.map((l) => l.line).join('\n')}\n`,
  };
}

/** The kubelet asks on a new connection each time: nobody needs one for longer than a question. */
const limits = {
  headersTimeout: 1_000,
  requestTimeout: 1_000,
  keepAliveTimeout: 500,
  connectionsCheckingInterval: 250,
  maxHeaderSize: 4_096,
};

/** Connections that the kernel keeps until they are taken; beyond that it lets the kubelet wait for a second and more. */
const backlog = 4_096;

/**
 * Where all are taken the oldest question that is not whole gives way. Of the 511 connections that the kernel hands
 * over at once, twice in a row, none may have gone before it was read, also where all come from the kubelet's
 * address. Each costs some 10 KB.
 */
const connectionLimits = { total: 1_600, perAddress: 1_100 };

/**
 * Serves GET and HEAD of /livez and /readyz in plaintext: the answers are no secret and cost nothing.
 * A request's body is never read.
 */
export function createHealthServer(options: HealthOptions): Component {
  const server = createServer(limits, (request, response) => answer(request, response, options));
  shareConnections(server, connectionLimits);
  return {
    name: 'health',
    leaderOnly: false,
    run: (signal) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ port: options.port, backlog });
        void untilAborted(signal)
          .then(() => closeServer(server, 0))
          .then(resolve);
      }),
  };
}

function answer(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  { live, ready }: HealthOptions,
): void {
  response.shouldKeepAlive = false;
  response.once('finish', () => response.socket?.destroySoon());
  const checks = { '/livez': live, '/readyz': ready }[url];
  if (checks === undefined) {
    response.writeHead(404).end('try /livez or /readyz\n');
    return;
  }
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end('only GET and HEAD are answered here\n');
    return;
  }
  const { status, text } = report(checks);
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
}
