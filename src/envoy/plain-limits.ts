/** The limits of one listener without TLS, for all its callers together. */
export interface PlainLimits {
  /** Connections that are open at the same time. */
  readonly connections: number;
  readonly bufferBytes: number;
  /** Size of all headers of a request together. */
  readonly headersKb: number;
  /** Time from the first byte of a request to its last. */
  readonly requestMs: number;
  /** Time that a connection may have no request. */
  readonly idleMs: number;
  /** Time that a connection has beyond the longest answer. */
  readonly spareMs: number;
  /** How many requests one connection may carry; 0: any number. */
  readonly requests: number;
  /** How long a client may leave a finished connection open. */
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
 * For the listeners that the kubelet calls. It opens a connection for each probe and sends its request at once, so it
 * needs no more time, and a connection that occupies a place without a request is closed after a second. The init
 * container's rules share the connections among addresses: with these limits alone, one stranger could hold all of
 * them.
 */
export const probeLimits: PlainLimits = {
  ...plainLimits,
  requestMs: 1_000,
  idleMs: 1_000,
  spareMs: 3_000,
  requests: 1,
  lingerMs: 100,
};
