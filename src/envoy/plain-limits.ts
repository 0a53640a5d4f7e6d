/** What one listener without TLS grants to all its callers, known and unknown. */
export interface PlainLimits {
  /** At once. */
  readonly connections: number;
  readonly bufferBytes: number;
  /** Of all headers of a request. */
  readonly headersKb: number;
  /** From the first byte of a request to its last. */
  readonly requestMs: number;
  /** A connection without a request. */
  readonly idleMs: number;
  /** What a connection has beyond the longest answer. */
  readonly spareMs: number;
  /** How many requests one connection may carry; 0: any number. */
  readonly requests: number;
  /** How long a client may leave a connection open that is over. */
  readonly lingerMs: number;
}

/** Few enough that they cost no more than some megabytes. */
export const plainLimits: PlainLimits = {
  connections: 512,
  bufferBytes: 32_768,
  headersKb: 60,
  requestMs: 5_000,
  idleMs: 5_000,
  spareMs: 15_000,
  requests: 0,
  lingerMs: 1_000,
};

/**
 * For the listeners that the kubelet calls. It opens a connection for each probe and asks at once, so
 * nobody needs more, and a connection that is held in its way is over after a second. The init
 * container's rules share the connections out among addresses: with these limits alone, one stranger
 * could have them all.
 */
export const probeLimits: PlainLimits = {
  ...plainLimits,
  requestMs: 1_000,
  idleMs: 1_000,
  spareMs: 3_000,
  requests: 1,
  lingerMs: 100,
};
