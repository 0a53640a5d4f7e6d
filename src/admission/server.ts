import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Server, type ServerOptions, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Component } from '../common/component.ts';
import { WeftError } from '../common/errors.ts';
import { untilAborted } from '../common/aborted.ts';
import type { Logger } from '../common/logger.ts';
import { type AdmissionRoutes, type Reply, answerCall, refuse } from './exchange.ts';
import type { ServingCertificate, ServingCertificateSource } from './serving-certificate.ts';

export interface AdmissionServerOptions {
  readonly routes: AdmissionRoutes;
  readonly certificate: ServingCertificateSource;
  readonly log: Logger;
  readonly port: number;
  /** All addresses when left out. */
  readonly host?: string;
  /** Bytes that one body may have: 3 MiB unless told, the API server's own limit of an object. */
  readonly maxBody?: number;
  /** Milliseconds within which a request must have arrived in full: 10 s unless told. */
  readonly requestTimeout?: number;
}

/** The webhooks' HTTPS endpoint: HTTP/1.1, TLS 1.2 or newer. */
export interface AdmissionServer extends Component {
  /** Resolves with the port once calls are taken; rejects if that port is not to be had. */
  readonly listening: Promise<number>;
}

const defaultMaxBody = 3 * 1024 * 1024;
const drainMs = 5_000;

/**
 * Serves admission webhooks while its signal lives, then lets calls under way end (5 s at most).
 * A new certificate is shown to new connections at once; one that does not fit is logged and left out.
 */
export function createAdmissionServer(options: AdmissionServerOptions): AdmissionServer {
  const { certificate, log, port, host } = options;
  const listening = Promise.withResolvers<number>();
  listening.promise.catch(() => undefined);

  async function run(signal: AbortSignal): Promise<void> {
    const server = createServer(serverOptions(options), (request, response) => {
      void serve(request, response, options);
    });
    server.maxConnections = 1_000;
    server.on('tlsClientError', (error) =>
      log.debug('tls handshake failed', { error: error.message }),
    );
    const unwatch = certificate.onChange(() => showCertificate(server, certificate, log));
    try {
      await listen(server, port, host);
      listening.resolve((server.address() as AddressInfo).port);
      log.info('webhook server listens', { port: (server.address() as AddressInfo).port });
      await untilAborted(signal);
      await close(server);
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
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: 5_000,
    requestTimeout,
    headersTimeout: Math.min(requestTimeout, 5_000),
    connectionsCheckingInterval: Math.min(requestTimeout, 1_000),
    keepAliveTimeout: 90_000,
  };
}

function secureContext({ chain, key }: ServingCertificate): ServerOptions {
  return { cert: chain, key: key.reveal(), minVersion: 'TLSv1.2' };
}

function showCertificate(server: Server, source: ServingCertificateSource, log: Logger): void {
  try {
    server.setSecureContext(secureContext(source.current()));
    log.info('webhook server shows a new certificate');
  } catch (error) {
    log.error('new webhook certificate is unusable', { error: WeftError.from(error).message });
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: AdmissionServerOptions,
): Promise<void> {
  try {
    const body = await readBody(request, options.maxBody ?? defaultMaxBody);
    if (body === undefined) {
      response.shouldKeepAlive = false;
      send(response, refuse(413, 'the body is too large'));
      request.resume();
      return;
    }
    const { method = '', url: target = '', headers } = request;
    const call = { method, target, contentType: headers['content-type'] ?? '', body };
    send(response, answerCall(options.routes, call, options.log));
  } catch (error) {
    options.log.debug('webhook call broke off', { error: WeftError.from(error).message });
    response.destroy();
  }
}

function send(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, {
    'content-type': reply.contentType,
    'content-length': Buffer.byteLength(reply.body),
  });
  response.end(reply.body);
}

/** The whole body, or undefined as soon as it is known to be larger than the limit. */
function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size > limit) resolve(undefined);
      else parts.push(part);
    });
    request.on('end', () => resolve(Buffer.concat(parts)));
    request.on('error', reject);
  });
}

function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host !== undefined && { host }) }, resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), drainMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
