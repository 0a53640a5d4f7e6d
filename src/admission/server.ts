import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Server, type ServerOptions, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Component } from '../common/component.ts';
import { WeftError } from '../common/errors.ts';
import { untilAborted } from '../common/aborted.ts';
import { FairTurns } from '../common/fair-turns.ts';
import { closeServer } from '../connections/close-server.ts';
import { beginHandshakesInTurn, readsInTurn } from '../connections/handshakes-in-turn.ts';
import { type Places, shareConnections } from '../connections/connection-shares.ts';
import type { Logger } from '../common/logger.ts';
import { BodyBudget } from './body-budget.ts';
import { type AdmissionRoutes, type Reply, answerCall, handlerFor, refuse } from './exchange.ts';
import { refuseCrumbs } from './crumbs.ts';
import { readBody } from './read-body.ts';
import type { CertificateSource, ServedCertificate } from '../common/served-certificate.ts';

export interface AdmissionServerOptions {
  readonly routes: AdmissionRoutes;
  readonly certificate: CertificateSource;
  readonly log: Logger;
  readonly port: number;
  /** All addresses when left out. */
  readonly host?: string;
  /** The most bytes of one body. Default: 3 MiB, the API server's own limit for an object. */
  readonly maxBody?: number;
  /** Milliseconds within which a request must have arrived in full. Default: 10 s. */
  readonly requestTimeout?: number;
}

/** The webhooks' HTTPS endpoint: HTTP/1.1, TLS 1.2 or newer. */
export interface AdmissionServer extends Component {
  /** Resolves to the port once the server accepts calls; rejects if it cannot listen on that port. */
  readonly listening: Promise<number>;
}

const mebibyte = 1024 * 1024;
const defaultMaxBody = 3 * mebibyte;
const drainMs = 5_000;
const lingerMs = 200;
/**
 * Connections that the kernel queues until the server accepts them; when the queue is full, the next client waits for
 * seconds.
 */
const backlog = 4_096;
/** A TLS connection costs up to 80 KB: all of them and all bodies together stay below 64 MiB. */
const connectionLimits = { total: 320, perAddress: 160 };
const bodyLimits = {
  ...{ total: 12 * mebibyte, perAddress: 6 * mebibyte },
  ...{ slowMs: 500, waitMs: 2_000, waitBytes: mebibyte / 4 },
};

/**
 * Serves admission webhooks until its signal aborts, then lets calls under way end (5 s at most). New connections get a
 * new certificate at once; an unusable certificate is logged and ignored.
 */
export function createAdmissionServer(options: AdmissionServerOptions): AdmissionServer {
  const { certificate, log, port, host } = options;
  const listening = Promise.withResolvers<number>();
  listening.promise.catch(() => undefined);

  async function run(signal: AbortSignal): Promise<void> {
    const server = createServer(serverOptions(options));
    const places = shareConnections(server, connectionLimits);
    const [budget, turns] = [new BodyBudget(bodyLimits), new FairTurns()];
    const served: Served = { ...options, budget, turns, places };
    server.on('request', (request, response) => void serve(request, response, served));
    beginHandshakesInTurn(server, places);
    server.on('tlsClientError', (error) =>
      log.debug('tls handshake failed', { error: error.message }),
    );
    const unwatch = certificate.onChange(() => showCertificate(server, certificate, log));
    try {
      await listen(server, port, host);
      listening.resolve((server.address() as AddressInfo).port);
      log.info('webhook server listens', { port: (server.address() as AddressInfo).port });
      await untilAborted(signal);
      await closeServer(server, drainMs);
    } catch (error) {
      const failure = new WeftError('internal', 'the webhook server cannot listen', {
        cause: error,
      });
      listening.reject(failure);
      throw failure;
    } finally {
      unwatch();
    }
  }
  return { name: 'admission', leaderOnly: false, listening: listening.promise, run };
}

function serverOptions({
  certificate,
  requestTimeout = 10_000,
}: AdmissionServerOptions): ServerOptions {
  return {
    ...secureContext(certificate.current()),
    ...readsInTurn,
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: 5_000,
    requestTimeout,
    headersTimeout: Math.min(requestTimeout, 5_000),
    connectionsCheckingInterval: Math.min(requestTimeout, 1_000),
    keepAliveTimeout: 90_000,
  };
}

function secureContext({ chain, key }: ServedCertificate): ServerOptions {
  return { cert: chain, key: key.reveal(), minVersion: 'TLSv1.2' };
}

function showCertificate(server: Server, source: CertificateSource, log: Logger): void {
  try {
    server.setSecureContext(secureContext(source.current()));
    log.info('webhook server shows a new certificate');
  } catch (error) {
    log.error('new webhook certificate is unusable', { error: WeftError.from(error).message });
  }
}

/** What all requests of a server share. */
interface Served extends AdmissionServerOptions {
  readonly budget: BodyBudget;
  /** Reviews take turns, so that many of them at once do not block other work of the process. */
  readonly turns: FairTurns;
  readonly places: Places;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  served: Served,
): Promise<void> {
  try {
    const reply = await answerTo(request, served);
    if (served.places.isCrowded()) response.shouldKeepAlive = false;
    if (reply.status === 200) send(response, reply);
    else hangUp(request, response, reply);
  } catch (error) {
    served.log.debug('webhook client disconnected', { error: WeftError.from(error).message });
    response.destroy();
  }
}

/** Returns the answer. Reads the body only if a handler needs it. Rejects when the connection breaks off. */
async function answerTo(
  request: IncomingMessage,
  { routes, log, budget, turns, maxBody = defaultMaxBody }: Served,
): Promise<Reply> {
  const { method = '', url: target = '', headers } = request;
  const head = { method, target, contentType: headers['content-type'] ?? '' };
  const handler = handlerFor(routes, head);
  if (typeof handler !== 'function') return handler;
  const length = Number(headers['content-length']);
  if (Number.isNaN(length)) return refuse(411, 'a request needs a Content-Length');
  if (length > maxBody) return refuse(413, 'the body is too large');
  const body = await readBody(request, length, budget);
  if (body === undefined) return refuse(503, 'too many request bodies at once: try again');
  return new Promise((resolve) =>
    turns.run(() => resolve(answerCall(routes, { ...head, body }, log))),
  );
}

function send(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, {
    'content-type': reply.contentType,
    'content-length': Buffer.byteLength(reply.body),
  });
  response.end(reply.body);
}

/**
 * Refuses a call, reads no more of it and ends its connection: only a call with status 200 keeps its connection. The
 * connection ends `lingerMs` after the answer, so that the answer arrives: closing a connection with unread bytes
 * resets it.
 */
function hangUp(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  response.shouldKeepAlive = false;
  request.pause();
  refuseCrumbs(request);
  response.once('finish', () => setTimeout(() => request.socket.destroy(), lingerMs).unref());
  send(response, reply);
}

function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, backlog, ...(host !== undefined && { host }) }, resolve);
  });
}
