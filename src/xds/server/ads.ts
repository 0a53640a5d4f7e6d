import { status } from '@grpc/grpc-js';
import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import type { RequestReader } from '../delta/request-reader.ts';
import { Session } from '../delta/session.ts';
import type { ResponseBytes } from '../delta/response-bytes.ts';
import { typeOf } from '../delta/type-order.ts';
import type { Refusal, Suspects } from '../delta/refused.ts';
import { unframed } from './framed-messages.ts';
import { admit, refusalOf } from './admission.ts';
import { Connection, closeCall } from './connection.ts';
import type { AdsCall, Closing } from './connection.ts';
import type { Connections } from './connections.ts';
import type { Limits } from './limits.ts';
import type { XdsMetrics } from './metrics.ts';
import type { Push } from './push.ts';
import type { Authenticate, Proxy } from './proxy.ts';

export const adsPath =
  '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';
const asItIs = (bytes: Buffer): Buffer => bytes;

/** Delta ADS as grpc-js wants it described. Messages stay bytes, framed by hand, once. */
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
  readonly suspects: Suspects;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: XdsMetrics;
  readonly onConnect: (proxy: Proxy) => void;
  readonly onDisconnect: (proxy: Proxy) => void;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
}

/** Serves one stream to its end. Whatever the client sends, only this stream can suffer. */
export async function serveStream(call: AdsCall, options: AdsOptions): Promise<void> {
  const { connections, limits, metrics, logger } = options;
  if (connections.size >= limits.maxStreams) {
    refuse(call, tooManyStreams, options);
    return;
  }
  try {
    const proxy = await admit(call, { ...options, timeoutMs: limits.authenticationMs });
    if (call.cancelled) metrics.streamEnded('client');
    else open(call, proxy, options);
  } catch (thrown) {
    const error = WeftError.from(thrown);
    if (call.cancelled) {
      metrics.streamEnded('client');
      return;
    }
    logger.debug('stream not admitted', { code: error.code, peer: call.getPeer() });
    refuse(call, refusalOf(error), options);
  }
}

function open(call: AdsCall, proxy: Proxy, options: AdsOptions): void {
  const { connections, metrics } = options;
  const connection = new Connection({
    call,
    proxy,
    session: new Session(options.bytes, options.suspects),
    metrics,
    now: options.clock.now(),
    requestBurst: options.limits.requestBurst,
  });
  const older = connections.add(connection);
  if (older !== undefined) {
    older.close(replaced);
    metrics.streamEnded('replaced');
  } else options.onConnect(proxy);
  metrics.streamOpened();
  metrics.connected(connections.size);
  options.push.greet(connection);
  call.on('data', (bytes: Buffer) => take(bytes, connection, options));
  call.on('end', () => end(connection, options, clientLeft));
  call.on('cancelled', () => {
    connection.lost();
    end(connection, options, clientLeft);
  });
}

/** Closes a stream of ours and forgets it. Later calls do nothing. */
export function end(connection: Connection, options: AdsOptions, closing: Closing): void {
  connection.close(closing);
  if (!options.connections.remove(connection)) return;
  options.metrics.streamEnded(connection.ended ?? closing.reason);
  options.metrics.connected(options.connections.size);
  options.onDisconnect(connection.proxy);
}

function take(bytes: Buffer, connection: Connection, options: AdsOptions): void {
  if (connection.ended !== undefined) return;
  try {
    connection.credits -= 1;
    if (connection.credits < 0) {
      end(connection, options, tooManyRequests);
      return;
    }
    const request = options.requests.read(bytes);
    const step = connection.receive(request, typeOf(request.typeUrl));
    if (connection.session.names > options.limits.maxNames)
      end(connection, options, tooManyRequests);
    options.connections.note(connection);
    for (const refusal of step.refusals) report(refusal, connection, options);
  } catch (thrown) {
    const error = WeftError.from(thrown);
    const pod = connection.proxy.pod;
    options.logger.warn('stream closed', { code: error.code, reason: error.message, pod });
    end(connection, options, error.code === 'protocol-violation' ? malformed : internal);
  }
}

function report(refusal: Refusal, connection: Connection, options: AdsOptions): void {
  const { type, name, version } = refusal.resource;
  options.logger.warn('proxy refused a resource', {
    pod: connection.proxy.pod,
    type,
    name,
    version,
    message: refusal.message.slice(0, 1_000),
  });
}

function refuse(call: AdsCall, closing: Closing, options: AdsOptions): void {
  options.metrics.streamEnded(closing.reason);
  closeCall(call, closing);
}

const clientLeft: Closing = { reason: 'client', code: status.OK, details: 'OK' };
const tooManyStreams: Closing = {
  reason: 'too-many-streams',
  code: status.RESOURCE_EXHAUSTED,
  details: 'too many streams',
};
const tooManyRequests: Closing = {
  reason: 'too-many-requests',
  code: status.RESOURCE_EXHAUSTED,
  details: 'too many requests or names',
};
const malformed: Closing = {
  reason: 'malformed',
  code: status.INVALID_ARGUMENT,
  details: 'malformed request',
};
const internal: Closing = { reason: 'internal', code: status.INTERNAL, details: 'internal error' };
const replaced: Closing = {
  reason: 'replaced',
  code: status.UNAVAILABLE,
  details: 'the pod opened another stream',
};
