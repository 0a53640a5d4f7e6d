/** Limits for connections before a call on them is admitted, and for the unfinished bytes of any connection. */
export interface GateLimits {
  /** Connections whose TLS has not begun: of all, and of one address. They cost a socket each. */
  readonly maxWaiting: number;
  readonly maxWaitingPerAddress: number;
  /** Connections between the start of TLS and their first admitted call: of all, and of one address. */
  readonly maxEntering: number;
  readonly maxEnteringPerAddress: number;
  /** Connections that had an admitted call and have none now. The connection that is idle longest is cut first. */
  readonly maxIdle: number;
  /** Handshakes begun before other work gets its turn: each costs half a millisecond. */
  readonly startsPerTurn: number;
  /** Calls of a connection, one after another or together, that were not admitted. */
  readonly maxCallsUnadmitted: number;
  readonly maxHelloBytes: number;
  readonly maxEntryBytes: number;
  /** Time from the connection to the end of its first message. */
  readonly helloMs: number;
  /** Time from the start of TLS to an admitted call. */
  readonly entryMs: number;
  /** How long a connection may enter while others wait for its place: with a call being checked, and without. */
  readonly yieldMs: number;
  readonly silentYieldMs: number;
  /** The same without a call, while an address waits that comes before others. */
  readonly shortYieldMs: number;
  /** How long an address comes after all others, when it held a place without an admitted call while others waited. */
  readonly slowMs: number;
  /** How long a connection stays after a call on it was refused, so that the client can read why. */
  readonly refusedMs: number;
  readonly idleMs: number;
  /** Bytes that arrived and belong to no finished message: of one connection, and of all. */
  readonly maxUnfinishedBytes: number;
  readonly maxUnfinishedBytesOfAll: number;
  /**
   * Bytes that belong to no message or call, such as pings: per second in the long run, and in one burst. The burst is
   * larger than `maxUnfinishedBytes`, because messages that came together are counted one by one.
   */
  readonly wastePerSecond: number;
  readonly maxWaste: number;
}

/** The defaults that do not derive from another limit. */
export const defaultGateLimits: Omit<
  GateLimits,
  'helloMs' | 'entryMs' | 'idleMs' | 'maxUnfinishedBytes'
> = {
  maxWaiting: 3_072,
  maxWaitingPerAddress: 1_536,
  maxEntering: 64,
  maxEnteringPerAddress: 32,
  maxIdle: 256,
  startsPerTurn: 2,
  maxCallsUnadmitted: 4,
  maxHelloBytes: 8 * 1024,
  maxEntryBytes: 256 * 1024,
  yieldMs: 5_000,
  silentYieldMs: 500,
  shortYieldMs: 200,
  slowMs: 30_000,
  refusedMs: 1_000,
  maxUnfinishedBytesOfAll: 8 * 1024 * 1024,
  wastePerSecond: 64 * 1024,
  maxWaste: 4 * 1024 * 1024,
};

/** Bytes around a message and around a call: frames, acknowledgements, TLS, and a call's headers with its token. */
export const aroundBytes = { message: 64, call: 8 * 1024 };

/** More than the first message of a proxy, so that no well-behaved proxy is cut to restore the common budget. */
export const everyonesBytes = 256 * 1024;
