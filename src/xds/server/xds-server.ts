import { Server, status } from '@grpc/grpc-js';
import type { sendUnaryData } from '@grpc/grpc-js';
import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { RequestReader } from '../delta/request-reader.ts';
import { ResponseBytes } from '../delta/response-bytes.ts';
import { adsPath, adsService, end, serveStream } from './ads.ts';
import type { AdsOptions } from './ads.ts';
import { askService, serveAsk } from './ask-service.ts';
import type { AnswerReplica, AskCall } from './ask-service.ts';
import type { AdsCall, Closing } from './connection.ts';
import { ChannelRenewal } from './channel-renewal.ts';
import { Connections } from './connections.ts';
import { evidenceService, serveEvidence } from './evidence-feed.ts';
import type { EvidenceCall } from './evidence-feed.ts';
import { EvidenceWatch } from './evidence-watch.ts';
import type { Evidence } from './evidence.ts';
import { sendFramed } from './framed-messages.ts';
import { defaultLimits } from './limits.ts';
import type { Limits } from './limits.ts';
import { noMetrics } from './metrics.ts';
import type { XdsMetrics } from './metrics.ts';
import { Push } from './push.ts';
import type { SetOf } from './push.ts';
import type { Authenticate, Proxy } from './proxy.ts';
import { ReloadingCredentials } from './server-credentials.ts';
import type { ServerCredentialsSource } from './server-credentials.ts';
import { sweep, sweepMs } from './sweep.ts';

export interface XdsServerOptions {
  readonly authenticate: Authenticate;
  readonly credentials: ServerCredentialsSource;
  /** The control plane's own ServiceAccount: other replicas may read the evidence of this one and ask it. */
  readonly replicas: IdentityKey;
  /** Answers what other replicas ask; without it they are not answered. */
  readonly answer?: AnswerReplica;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: XdsMetrics;
  readonly limits?: Partial<Limits>;
}

/** A server that listens, until the signal given to `listen` aborts. */
export interface Listening {
  readonly port: number;
  /** Resolves when every stream is closed and the port is free. */
  readonly closed: Promise<void>;
}

export interface XdsServer {
  /** Serves on `<host>:<port>` (port 0: any). Rejects with WeftError when it cannot. */
  listen(address: string, signal: AbortSignal): Promise<Listening>;
  /**
   * Offers each proxy what `setOf` says, those that come later too, until the next call. `step` is
   * told in the evidence from then on.
   */
  publish(setOf: SetOf, step?: number): void;
  /**
   * Says of which root the server's certificate is since which step. When it is another root than
   * before, every connection there is gets closed once none can begin on the older certificate any
   * more, a part at a time, and the evidence counts who came back.
   */
  servesRoot(root: string, step: number): void;
  /** Closes the stream of a pod that is gone. */
  disconnect(uid: string): void;
  evidence(): Evidence;
  /** Calls back now and after changes (a few times a second at most) until the result is called. */
  onEvidence(changed: (evidence: Evidence) => void): () => void;
  /** Proxies that opened a stream, or lost their last one. Each returns a way to stop it. */
  onConnect(connected: (proxy: Proxy) => void): () => void;
  onDisconnect(disconnected: (proxy: Proxy) => void): () => void;
}

/** The xDS server: delta ADS, and what other replicas may call, on one TLS port. */
export function createXdsServer(options: XdsServerOptions): XdsServer {
  const watch = new EvidenceWatch();
  const connections = new Connections(() => watch.touch());
  watch.of(connections);
  const push = new Push(connections, options.metrics ?? noMetrics);
  const connectListeners = new Set<(proxy: Proxy) => void>();
  const disconnectListeners = new Set<(proxy: Proxy) => void>();
  const stopped = new AbortController();
  const channel = new ChannelRenewal(() => ads);
  const limits = { ...defaultLimits, ...options.limits };
  const ads: AdsOptions = {
    authenticate: options.authenticate,
    connections,
    push,
    bytes: new ResponseBytes(),
    requests: new RequestReader(limits.maxNames),
    suspects: new WeakSet(),
    limits,
    clock: options.clock,
    logger: options.logger,
    metrics: options.metrics ?? noMetrics,
    onConnect: (proxy) => connectListeners.forEach((listener) => listener(proxy)),
    onDisconnect: (proxy) => disconnectListeners.forEach((listener) => listener(proxy)),
    signal: stopped.signal,
  };
  return {
    listen: (address, signal) => listen({ address, ads, watch, options, stopped, channel }, signal),
    publish: (setOf, step) => {
      push.publish(setOf);
      if (step !== undefined) watch.published(step);
    },
    servesRoot: (root, step) => channel.serves(root, step),
    disconnect: (uid) => {
      const connection = connections.byUid(uid);
      if (connection !== undefined) end(connection, ads, podGone);
    },
    evidence: () => watch.current(),
    onEvidence: (changed) => watch.watch(changed),
    onConnect: (connected) => addTo(connectListeners, connected),
    onDisconnect: (disconnected) => addTo(disconnectListeners, disconnected),
  };
}

interface Parts {
  readonly address: string;
  readonly ads: AdsOptions;
  readonly watch: EvidenceWatch;
  readonly options: XdsServerOptions;
  readonly stopped: AbortController;
  readonly channel: ChannelRenewal;
}

async function listen(parts: Parts, signal: AbortSignal): Promise<Listening> {
  const { ads, watch, options, stopped } = parts;
  const server = new Server({
    ...channelOptions(ads.limits),
    interceptors: [sendFramed(adsPath)],
  });
  server.addService(adsService, {
    deltaAggregatedResources: (call: AdsCall) => void serveStream(call, ads),
  });
  serveReplicas(server, parts);
  const credentials = new ReloadingCredentials(options.credentials, ads.limits);
  const port = await bind(server, parts.address, credentials);
  const host = parts.address.slice(0, parts.address.lastIndexOf(':'));
  parts.channel.of((graceMs) => server.drain(`${host}:${port}`, graceMs));
  const timer = setInterval(() => sweep(ads), sweepMs).unref();
  const closed = new Promise<void>((resolve) => {
    const stop = (): void => {
      clearInterval(timer);
      parts.channel.stop();
      credentials.stop();
      stopped.abort();
      watch.stop();
      for (const connection of ads.connections) end(connection, ads, shutdown);
      void drain(server).then(resolve);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  return { port, closed };
}

/** What other replicas of the control plane may call, and nobody else. */
function serveReplicas(server: Server, { ads, watch, options, stopped }: Parts): void {
  const { authenticate, replicas, answer, logger } = options;
  const timeoutMs = ads.limits.authenticationMs;
  const admission = { authenticate, replicas, timeoutMs, signal: stopped.signal };
  server.addService(evidenceService, {
    watch: (call: EvidenceCall) => void serveEvidence(call, { ...admission, watch, logger }),
  });
  if (answer === undefined) return;
  server.addService(askService, {
    ask: (call: AskCall, done: sendUnaryData<Buffer>) =>
      void serveAsk(call, done, { ...admission, answer, logger }),
  });
}

function bind(server: Server, address: string, using: ReloadingCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, using, (error, port) => {
      if (error === null) resolve(port);
      else reject(new WeftError('internal', 'cannot listen', { cause: error, retry: 'soon' }));
    });
  });
}

/** Lets the last statuses out, then cuts whoever does not read. */
async function drain(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 1_000);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
  server.forceShutdown();
}

function channelOptions(limits: Limits): Record<string, number> {
  return {
    'grpc.enable_channelz': 0,
    'grpc.max_receive_message_length': limits.maxMessageBytes,
    'grpc.max_concurrent_streams': limits.maxStreamsPerConnection,
    'grpc.keepalive_time_ms': limits.keepaliveMs,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
    'grpc.max_connection_age_ms': limits.maxConnectionAgeMs,
    'grpc.max_connection_age_grace_ms': limits.maxConnectionAgeGraceMs,
    'grpc.max_connection_idle_ms': limits.maxIdleConnectionMs,
  };
}

function addTo<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => set.delete(item);
}

const podGone: Closing = {
  reason: 'pod-gone',
  code: status.UNAUTHENTICATED,
  details: 'not authenticated',
};
const shutdown: Closing = {
  reason: 'shutdown',
  code: status.UNAVAILABLE,
  details: 'the server stops: connect to another replica',
};
