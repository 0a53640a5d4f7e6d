import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { untilAborted } from '../common/aborted.ts';
import { closeServer } from './close-server.ts';
import type { Component } from '../common/component.ts';
import { shareConnections } from './connection-shares.ts';

/** A named check: the answer is undefined when all is well, otherwise the reason why not. */
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

/** The kubelet opens a new connection for each probe, so no connection has to last longer than one request. */
const limits = {
  headersTimeout: 1_000,
  requestTimeout: 1_000,
  keepAliveTimeout: 500,
  connectionsCheckingInterval: 250,
  maxHeaderSize: 4_096,
};

/**
 * Connections that the kernel queues until the server takes them. Beyond that the kubelet waits for a second or more.
 */
const backlog = 4_096;

/**
 * When all places are taken, the oldest incomplete request gives way. The kernel hands over 511 connections at once,
 * twice in a row. None of them may be closed before it was read, even if all come from the kubelet's address. Each
 * connection costs about 10 KB.
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
    response.writeHead(405, { allow: 'GET, HEAD' }).end('only GET and HEAD are supported\n');
    return;
  }
  const { status, text } = report(checks);
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
}
