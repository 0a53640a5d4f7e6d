import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Server, createServer } from 'node:https';
import { untilAborted } from '../common/aborted.ts';
import { closeServer } from './close-server.ts';
import type { Component } from '../common/component.ts';
import { shareConnections } from './connection-shares.ts';
import { beginHandshakesInTurn, readsInTurn } from './handshakes-in-turn.ts';
import type { Logger } from '../common/logger.ts';
import type { CertificateSource } from '../common/served-certificate.ts';

/** Whether the holder of a bearer token may read metrics. */
export type MetricsVerdict = 'allowed' | 'forbidden' | 'unauthenticated' | 'unavailable';

/** Decides whether the holder of a bearer token that came from `address` may read metrics. Never rejects. */
export type MetricsAccess = (token: string, address: string) => Promise<MetricsVerdict>;

export interface MetricsServerOptions {
  readonly port: number;
  readonly certificate: CertificateSource;
  readonly access: MetricsAccess;
  /** Prometheus text, and its content type. */
  readonly metrics: () => Promise<{ readonly text: string; readonly type: string }>;
  readonly logger: Logger;
}

const limits = {
  ...readsInTurn,
  minVersion: 'TLSv1.2',
  ALPNProtocols: ['http/1.1'],
  handshakeTimeout: 5_000,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16_384,
} as const;

const statusOf = { unauthenticated: 401, forbidden: 403, unavailable: 503 } as const;
const longestToken = 12_288;

/**
 * Serves GET /metrics over TLS to clients whose bearer token the API server authorizes to read it; refuses all others
 * (docs/decisions/0064). Never reads the body of a request.
 */
export function createMetricsServer(options: MetricsServerOptions): Component {
  return {
    name: 'metrics',
    leaderOnly: false,
    run: async (signal) => {
      const server = createServer({ ...limits, ...contextOf(options) }, (request, response) => {
        void answer(request, response, options);
      });
      beginHandshakesInTurn(server, shareConnections(server, { total: 64, perAddress: 16 }));
      const unwatch = options.certificate.onChange(() => show(server, options));
      try {
        await serve(server, options.port, signal);
      } finally {
        unwatch();
      }
    },
  };
}

function contextOf({ certificate }: MetricsServerOptions): { cert: string; key: string } {
  const { chain, key } = certificate.current();
  return { cert: chain, key: key.reveal() };
}

function show(server: Server, options: MetricsServerOptions): void {
  try {
    server.setSecureContext({ ...contextOf(options), minVersion: limits.minVersion });
  } catch (error) {
    options.logger.error('new certificate of the metrics server is unusable', { error });
  }
}

function serve(server: Server, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port);
    void untilAborted(signal)
      .then(() => closeServer(server, 0))
      .then(resolve);
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: MetricsServerOptions,
): Promise<void> {
  const { status, type, text } = await pageFor(request, options);
  if (status !== 200) {
    response.shouldKeepAlive = false;
    response.once('finish', () => response.socket?.destroySoon());
  }
  response.writeHead(status, { 'content-type': type }).end(text);
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

function refused(status: number, reason: string): Page {
  return { status, type: 'text/plain', text: `${reason}\n` };
}

async function pageFor(
  { url, method, headers, socket }: IncomingMessage,
  { access, metrics, logger }: MetricsServerOptions,
): Promise<Page> {
  if (url !== '/metrics' || method !== 'GET') return refused(404, 'only GET /metrics is supported');
  const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  if (token === undefined || token.length > longestToken)
    return refused(401, 'send the bearer token of a ServiceAccount that may get /metrics');
  const verdict = await access(token, socket.remoteAddress ?? '');
  if (verdict !== 'allowed')
    return refused(statusOf[verdict], `${verdict}: bind the ClusterRole weft-metrics-reader`);
  try {
    return { status: 200, ...(await metrics()) };
  } catch (error) {
    logger.error('metrics failed', { error });
    return refused(500, 'the metrics could not be gathered; the log says why');
  }
}
