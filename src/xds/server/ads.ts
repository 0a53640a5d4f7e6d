import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import type { RequestReader } from '../delta/request-reader.ts';
import { Session } from '../delta/session.ts';
import type { ResponseBytes } from '../delta/response-bytes.ts';
import { namespaceOf } from '../../policy/identity.ts';
import type { TableShares } from '../delta/recent-tables.ts';
import { typeOf } from '../delta/type-order.ts';
import type { Refusal } from '../delta/refused.ts';
import type { SharedQuarantine } from '../delta/quarantine.ts';
import { unframed } from './framed-messages.ts';
import { admit, refusalOf } from '../port/admission.ts';
import * as closings from './closings.ts';
import { type AdsCall, closeCall, Connection } from './connection.ts';
import type { Closing } from '../port/closing.ts';
import type { Connections } from './connections.ts';
import type { Entry } from '../port/entry.ts';
import type { FairTurns } from '../../common/fair-turns.ts';
import type { Limits } from '../port/limits.ts';
import type { Openings } from './openings.ts';
import type { XdsMetrics } from '../port/metrics.ts';
import type { Penalties } from '../../common/penalties.ts';
import type { Push } from './push.ts';
import type { Authenticate, Proxy } from '../../policy/proxy.ts';

export const adsPath =
  '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';
const asItIs = (bytes: Buffer): Buffer => bytes;

/** Delta ADS, described as grpc-js requires. Messages stay bytes, framed once by this server. */
export const adsService = {
  deltaAggregatedResources: {
    path: adsPath,
    requestStream: true,
    responseStream: true,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: unframed,
    responseDeserialize: asItIs,
  },
} as const;

export interface AdsOptions {
  readonly authenticate: Authenticate;
  readonly connections: Connections;
  readonly push: Push;
  readonly bytes: ResponseBytes;
  readonly requests: RequestReader;
  readonly suspects: SharedQuarantine;
  readonly tables: TableShares;
  readonly turns: FairTurns;
  readonly penalties: Penalties;
  readonly openings: Openings;
  /** How many proxies this replica may serve; 0: any number. */
  readonly maxProxies: () => number;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: XdsMetrics;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
}

/** Serves one stream to its end. Whatever the client sends, it can harm only this stream. */
export async function serveStream(call: AdsCall, entry: Entry, options: AdsOptions): Promise<void> {
  const { connections, limits, metrics, logger } = options;
  const refuse = (closing: Closing): void => {
    metrics.streamEnded(closing.reason);
    entry.refused();
    closeCall(call, closing);
  };
  const leave = (): void => {
    metrics.streamEnded('client');
    entry.refused();
  };
  if (connections.size >= limits.maxStreams) {
    refuse(closings.tooManyStreams);
    return;
  }
  try {
    const proxy = await admit(call, { ...options, timeoutMs: limits.authenticationMs });
    if (call.cancelled) leave();
    else if (isTooSoon(proxy, options)) refuse(closings.tooSoon);
    else if (isFull(proxy, options)) {
      logger.warn('proxy refused: the MeshConfig allows no more connections', {
        pod: proxy.pod,
        maxDataPlaneConnections: options.maxProxies(),
      });
      refuse(closings.tooManyProxies);
    } else open(call, entry, { proxy, options });
  } catch (thrown) {
    const error = WeftError.from(thrown);
    if (call.cancelled) {
      leave();
      return;
    }
    logger.debug('stream not admitted', { code: error.code, peer: call.getPeer() });
    refuse(refusalOf(error));
  }
}

/** Whether the pod must wait: its last stream took too much, or it opened too many streams. */
function isTooSoon({ uid }: Proxy, { penalties, openings }: AdsOptions): boolean {
  if (penalties.has(uid)) return true;
  if (openings.add(uid)) return false;
  penalties.add(uid);
  return true;
}

/**
 * Whether the replica is full for this pod. A pod that is connected already takes no further place with a new stream
 * (docs/decisions/0073).
 */
function isFull({ uid }: Proxy, { maxProxies, connections }: AdsOptions): boolean {
  const most = maxProxies();
  return most > 0 && connections.size >= most && connections.byUid(uid) === undefined;
}

function open(
  call: AdsCall,
  entry: Entry,
  { proxy, options }: { readonly proxy: Proxy; readonly options: AdsOptions },
): void {
  const { connections, metrics } = options;
  const connection = new Connection({
    call,
    proxy,
    session: new Session(
      options.bytes,
      options.suspects.reportsFor(proxy.account),
      options.tables.get(namespaceOf(proxy.account)),
    ),
    metrics,
    now: options.clock.now(),
    entry,
    requestBurst: options.limits.requestBurst,
    byteBurst: options.limits.byteBurst,
  });
  entry.admitted(proxy.uid);
  const older = connections.add(connection);
  if (older !== undefined) {
    older.close(closings.replaced);
    metrics.streamEnded('replaced');
  }
  metrics.streamOpened();
  metrics.connected(connections.size);
  options.push.sendInitial(connection);
  call.on('data', (bytes: Buffer) => {
    let isLater = false;
    const isDone = options.turns.run(() => {
      take(bytes, connection, options);
      if (isLater) call.resume();
    });
    if (isDone) return;
    isLater = true;
    call.pause();
  });
  call.on('end', () => end(connection, options, closings.clientLeft));
  call.on('cancelled', () => {
    connection.lost();
    end(connection, options, closings.clientLeft);
  });
}

const excesses: ReadonlySet<string> = new Set(['too-many-requests', 'too-many-names', 'malformed']);

/** Closes a stream and forgets it. Later calls do nothing. */
export function end(connection: Connection, options: AdsOptions, closing: Closing): void {
  connection.close(closing);
  if (!options.connections.remove(connection)) return;
  if (excesses.has(closing.reason)) options.penalties.add(connection.proxy.uid);
  options.metrics.streamEnded(connection.ended ?? closing.reason);
  options.metrics.connected(options.connections.size);
}

function take(bytes: Buffer, connection: Connection, options: AdsOptions): void {
  if (connection.ended !== undefined) return;
  try {
    if (!connection.pay(bytes.length)) {
      end(connection, options, closings.tooManyRequests);
      return;
    }
    const request = options.requests.read(bytes);
    if (isTooMuch(connection.session.burdenOf(request), connection, options)) {
      end(connection, options, closings.tooManyNames);
      return;
    }
    const step = connection.receive(request, typeOf(request.typeUrl));
    options.connections.note(connection);
    bound(connection, options);
    for (const refusal of step.refusals) report(refusal, connection, options);
  } catch (thrown) {
    const error = WeftError.from(thrown);
    const pod = connection.proxy.pod;
    options.logger.warn('stream closed', { code: error.code, reason: error.message, pod });
    end(
      connection,
      options,
      error.code === 'protocol-violation' ? closings.malformed : closings.internal,
    );
  }
}

/** Whether a long request adds too much to take in: for this stream, or for all if this stream would have most. */
function isTooMuch(more: number, { session }: Connection, options: AdsOptions): boolean {
  const { connections, limits } = options;
  if (more > limits.maxBurden) return true;
  if (more === 0 || connections.burden + more <= limits.maxBurdenOfAll) return false;
  return session.burden + more >= (connections.heaviest()?.session.burden ?? 0);
}

/** Ends the stream if too much is kept for it, and the heaviest stream if all together have too much. */
function bound(connection: Connection, options: AdsOptions): void {
  const { connections, limits } = options;
  const { names } = connection.session;
  if (names > limits.maxNames || connections.burdenOf(connection) > limits.maxBurden)
    end(connection, options, closings.tooManyNames);
  if (connections.burden <= limits.maxBurdenOfAll) return;
  const heaviest = connections.heaviest();
  if (heaviest !== undefined) end(heaviest, options, closings.tooManyNames);
}

function report(refusal: Refusal, connection: Connection, options: AdsOptions): void {
  const { type, name, version } = refusal.resource;
  options.logger.warn('proxy refused a resource', {
    pod: connection.proxy.pod,
    type,
    name,
    version,
    message: refusal.message,
  });
}
