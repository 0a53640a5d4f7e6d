import { defaultGateLimits, everyonesBytes, type GateLimits } from './gate-limits.ts';

/**
 * Limits of one client, and of all clients together. The server closes the stream of a client that exceeds them
 * (docs/decisions/0072).
 */
export interface Limits {
  readonly maxStreams: number;
  readonly maxStreamsPerConnection: number;
  /** Bytes of one request. Envoy's first one is about 60 KB, most of it its list of extensions. */
  readonly maxMessageBytes: number;
  /** Bytes of one request from another replica. */
  readonly maxAskBytes: number;
  /** Names in one request, and names a stream is subscribed to. */
  readonly maxNames: number;
  /**
   * Bytes that a stream makes the process keep besides its offer: names that are not offered, versions it brought
   * along, the text of NACKs. Of one stream, and of all.
   */
  readonly maxBurden: number;
  readonly maxBurdenOfAll: number;
  /** Requests per second in the long run, and in one burst. */
  readonly requestsPerSecond: number;
  readonly requestBurst: number;
  /** The same in bytes. */
  readonly bytesPerSecond: number;
  readonly byteBurst: number;
  readonly handshakeMs: number;
  readonly authenticationMs: number;
  readonly firstRequestMs: number;
  /** How long a pod that is not a workload of the mesh may keep a stream: it may become a workload soon. */
  readonly strangerMs: number;
  /** How long a pod waits for its next stream when the last stream exceeded a limit. */
  readonly penaltyMs: number;
  /** Streams that a pod may open within `openingsMs`. If it opens one more, it must wait for `penaltyMs`. */
  readonly maxOpenings: number;
  readonly openingsMs: number;
  /** How long a stream may outlive its token. */
  readonly tokenGraceMs: number;
  /**
   * How long one response may stay unanswered. Envoy answers at once. It may pause a type while clusters warm, for 15 s
   * at most. A frozen Envoy does not answer HTTP/2 pings either, so its stream ends after keepaliveMs and
   * keepaliveTimeoutMs. This limit is more than twice the sum of those two.
   */
  readonly answerMs: number;
  /** How long listeners and routes wait for new clusters to be acknowledged. */
  readonly clusterWaitMs: number;
  /** How often the kernel probes whether a quiet client's host is there; ten missing answers a second apart end it. */
  readonly tcpKeepaliveMs: number;
  /** How often the server pings the client over HTTP/2. The client must answer within keepaliveTimeoutMs. */
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
  /** A connection is closed at this age, so that proxies spread over new replicas. */
  readonly maxConnectionAgeMs: number;
  readonly maxConnectionAgeGraceMs: number;
  readonly maxIdleConnectionMs: number;
  /** The limits before a call on a connection is admitted, where they differ from the defaults. */
  readonly gate: Partial<GateLimits>;
}

export const defaultLimits: Limits = {
  maxStreams: 10_000,
  maxStreamsPerConnection: 4,
  maxMessageBytes: 2 * 1024 * 1024,
  maxAskBytes: 16 * 1024,
  maxNames: 20_000,
  maxBurden: 2 * 1024 * 1024,
  maxBurdenOfAll: 8 * 1024 * 1024,
  requestsPerSecond: 1_000,
  requestBurst: 10_000,
  bytesPerSecond: 128 * 1024,
  byteBurst: 8 * 1024 * 1024,
  handshakeMs: 10_000,
  authenticationMs: 10_000,
  firstRequestMs: 10_000,
  strangerMs: 30_000,
  penaltyMs: 10_000,
  maxOpenings: 10,
  openingsMs: 10_000,
  tokenGraceMs: 5_000,
  answerMs: 300_000,
  clusterWaitMs: 2_000,
  tcpKeepaliveMs: 30_000,
  keepaliveMs: 120_000,
  keepaliveTimeoutMs: 10_000,
  maxConnectionAgeMs: 3_600_000,
  maxConnectionAgeGraceMs: 30_000,
  maxIdleConnectionMs: 15_000,
  gate: {},
};

/** The limits of a connection on its way in, derived from these limits. */
export function gateLimits(limits: Limits, maxMessageBytes: number): GateLimits {
  const { handshakeMs, authenticationMs, maxIdleConnectionMs } = limits;
  return {
    ...defaultGateLimits,
    helloMs: handshakeMs,
    entryMs: handshakeMs + authenticationMs,
    idleMs: maxIdleConnectionMs,
    maxUnfinishedBytes: maxMessageBytes + everyonesBytes,
    ...limits.gate,
  };
}
