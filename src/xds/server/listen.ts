import { Server } from '@grpc/grpc-js';
import type { Logger } from '../../common/logger.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { adsPath, adsService, serveStream, type AdsOptions } from './ads.ts';
import type { UnaryCall } from '../replicas/serve-unary.ts';
import { requestService, serveRequest, type AnswerReplica } from '../replicas/request-service.ts';
import { guardCalls } from '../port/guard-calls.ts';
import type { ConnectionRotation } from './connection-rotation.ts';
import { closeService, serveClose, type StreamName } from '../replicas/close-service.ts';
import type { AdsCall } from './connection.ts';
import { entryOf } from '../port/entry.ts';
import { evidenceService, serveEvidence, type EvidenceCall } from '../replicas/evidence-feed.ts';
import type { EvidenceWatch } from '../evidence/evidence-watch.ts';
import { sendFramed } from './framed-messages.ts';
import { gateLimits, type Limits } from '../port/limits.ts';
import type { XdsMetrics } from '../port/metrics.ts';
import type { Authenticate } from '../../policy/proxy.ts';
import type { Penalties } from '../../common/penalties.ts';
import { watchHandshakes, type RefusedHandshake } from '../port/refused-handshakes.ts';
import { SecurePort } from '../port/secure-port.ts';
import type { CertificateSource } from '../../common/served-certificate.ts';
import { ReloadingCredentials } from '../port/server-credentials.ts';
import { sweep, sweepMs } from './sweep.ts';

/** A server that listens, until the signal given to it aborts. */
export interface Listening {
  readonly port: number;
  /** Resolves when every stream is closed and the port is free. */
  readonly closed: Promise<void>;
}

/** The dependencies that both ports share. */
export interface PortDeps {
  readonly credentials: CertificateSource;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly metrics: XdsMetrics;
  readonly channel: ConnectionRotation;
  readonly penalties: Penalties;
}

interface Proxies {
  readonly address: string;
  readonly ads: AdsOptions;
  /** Called for each client that does not accept the server's certificate. */
  readonly onRefused: (handshake: RefusedHandshake) => void;
  /** Ends every stream. */
  readonly stop: () => void;
}

/** The sidecars' port: delta ADS, and nothing else. */
export async function listenToProxies(
  deps: PortDeps,
  { address, ads, onRefused, stop }: Proxies,
  signal: AbortSignal,
): Promise<Listening> {
  const server = new Server({
    ...channelOptions(deps.limits, deps.limits.maxMessageBytes),
    interceptors: [sendFramed(adsPath)],
  });
  const open = openPort(server, deps, deps.limits.maxMessageBytes);
  watchHandshakes(server, onRefused);
  server.addService(adsService, {
    deltaAggregatedResources: (call: AdsCall) =>
      void serveStream(call, entryOf(open.port, call), ads),
  });
  const port = await open.port.listen(address);
  deps.channel.begin();
  const timer = setInterval(() => sweep(ads), sweepMs).unref();
  const closed = closedAfter(signal, async () => {
    clearInterval(timer);
    stop();
    await open.close();
  });
  return { port, closed };
}

interface Replicas {
  readonly address: string;
  readonly authenticate: Authenticate;
  readonly replicas: IdentityKey;
  readonly answer: AnswerReplica | undefined;
  readonly watch: EvidenceWatch;
  /** Closes a stream whose pod has a newer one at the replica that calls. */
  readonly close: (stream: StreamName) => void;
}

/** Serves the other replicas of the control plane, and no other caller, on a separate port. */
export async function listenToReplicas(
  deps: PortDeps,
  { address, authenticate, replicas, answer, watch, close }: Replicas,
  signal: AbortSignal,
): Promise<Listening> {
  const { limits, logger } = deps;
  const server = new Server(channelOptions(limits, limits.maxAskBytes));
  const open = openPort(server, deps, limits.maxAskBytes);
  const stopped = new AbortController();
  const timeoutMs = limits.authenticationMs;
  const admission = { authenticate, replicas, timeoutMs, logger, signal: stopped.signal };
  server.addService(evidenceService, {
    watch: (call: EvidenceCall) =>
      void serveEvidence(call, entryOf(open.port, call), { ...admission, watch }),
  });
  server.addService(closeService, {
    close: (call: UnaryCall) =>
      void serveClose(call, entryOf(open.port, call), { ...admission, close }),
  });
  if (answer !== undefined)
    server.addService(requestService, {
      request: (call: UnaryCall) =>
        void serveRequest(call, entryOf(open.port, call), { ...admission, answer }),
    });
  const port = await open.port.listen(address);
  const closed = closedAfter(signal, async () => {
    stopped.abort();
    await open.close();
  });
  return { port, closed };
}

/** The port of a server, not listening yet, and a function that closes both. */
function openPort(
  server: Server,
  { credentials: source, limits, logger, metrics, channel, penalties }: PortDeps,
  maxMessageBytes: number,
): { readonly port: SecurePort; readonly close: () => Promise<void> } {
  const credentials = new ReloadingCredentials(source, limits);
  const port = new SecurePort({
    server,
    credentials,
    limits: gateLimits(limits, maxMessageBytes),
    tcpKeepaliveMs: limits.tcpKeepaliveMs,
    onCut: (reason, { socket, uid }) => {
      metrics.connectionCut(reason);
      logger.info('connection cut', { reason, address: socket.address });
      if (reason === 'too-many-bytes' && uid !== undefined) penalties.add(uid);
    },
  });
  guardCalls(server, port);
  const forget = channel.attach((graceMs) => port.drain(graceMs));
  return {
    port,
    close: async () => {
      forget();
      credentials.stop();
      port.close();
      await shutDown(server);
      port.cutAll();
    },
  };
}

async function closedAfter(signal: AbortSignal, close: () => Promise<void>): Promise<void> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await close();
}

/** Lets the last statuses go out, then cuts clients that do not read. */
async function shutDown(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 1_000);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
  server.forceShutdown();
}

function channelOptions(limits: Limits, maxMessageBytes: number): Record<string, number> {
  return {
    'grpc.enable_channelz': 0,
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': limits.maxStreamsPerConnection,
    'grpc.keepalive_time_ms': limits.keepaliveMs,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
    'grpc.max_connection_age_ms': limits.maxConnectionAgeMs,
    'grpc.max_connection_age_grace_ms': limits.maxConnectionAgeGraceMs,
  };
}
