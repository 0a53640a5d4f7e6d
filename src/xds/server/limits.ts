/** What one client, and all clients together, may take. Beyond it that client's stream is closed. */
export interface Limits {
  readonly maxStreams: number;
  readonly maxStreamsPerConnection: number;
  /** Bytes of one request. Envoy's first one is about 60 KB, most of it its list of extensions. */
  readonly maxMessageBytes: number;
  /** Names in one request, and names a stream is subscribed to. */
  readonly maxNames: number;
  /** Requests a second in the long run, and at once. */
  readonly requestsPerSecond: number;
  readonly requestBurst: number;
  readonly handshakeMs: number;
  readonly authenticationMs: number;
  readonly firstRequestMs: number;
  /** How long a stream may outlive its token. */
  readonly tokenGraceMs: number;
  /** How long listeners and routes wait for new clusters to be acknowledged. */
  readonly clusterWaitMs: number;
  /** How often the kernel asks whether a quiet client's host is there; ten missing answers a second apart end it. */
  readonly tcpKeepaliveMs: number;
  /** How often HTTP/2 asks whether the client itself answers, within keepaliveTimeoutMs. */
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
  /** A connection is closed at this age, so that proxies spread over new replicas. */
  readonly maxConnectionAgeMs: number;
  readonly maxConnectionAgeGraceMs: number;
  readonly maxIdleConnectionMs: number;
}

export const defaultLimits: Limits = {
  maxStreams: 10_000,
  maxStreamsPerConnection: 4,
  maxMessageBytes: 4 * 1024 * 1024,
  maxNames: 50_000,
  requestsPerSecond: 1_000,
  requestBurst: 10_000,
  handshakeMs: 10_000,
  authenticationMs: 10_000,
  firstRequestMs: 10_000,
  tokenGraceMs: 5_000,
  clusterWaitMs: 2_000,
  tcpKeepaliveMs: 30_000,
  keepaliveMs: 120_000,
  keepaliveTimeoutMs: 10_000,
  maxConnectionAgeMs: 3_600_000,
  maxConnectionAgeGraceMs: 30_000,
  maxIdleConnectionMs: 60_000,
};
