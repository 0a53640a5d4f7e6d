/** What connections may take before a call on them is admitted, and what is unfinished of any. */
export interface LobbyLimits {
  /** Connections whose TLS has not begun: of all, and of one address. They cost a socket each. */
  readonly maxWaiting: number;
  readonly maxWaitingPerAddress: number;
  /** Connections from their TLS to their first admitted call: of all, and of one address. */
  readonly maxEntering: number;
  readonly maxEnteringPerAddress: number;
  /** Connections that had an admitted call and have none now. The one that is so longest goes first. */
  readonly maxIdle: number;
  /** Handshakes begun before other work gets its turn: each costs half a millisecond. */
  readonly startsPerTurn: number;
  /** Calls of a connection that are not admitted, one after another or together. */
  readonly maxCallsUnadmitted: number;
  readonly maxHelloBytes: number;
  readonly maxEntryBytes: number;
  /** From the connection to the whole of its first message. */
  readonly helloMs: number;
  /** From the beginning of TLS to an admitted call. */
  readonly entryMs: number;
  /** How long a connection may enter while others wait for its place: with a call that is checked, or without. */
  readonly yieldMs: number;
  readonly silentYieldMs: number;
  /** The same without a call while an address waits that comes before others. */
  readonly shortYieldMs: number;
  /** How long an address that held a place for no admitted call, while others waited, comes after all others. */
  readonly slowMs: number;
  /** How long a connection stays when a call on it was refused, so that it can read why. */
  readonly refusedMs: number;
  readonly idleMs: number;
  /** Bytes that came and are no finished message: of one connection, and of all. */
  readonly maxUnfinishedBytes: number;
  readonly maxUnfinishedBytesOfAll: number;
  /**
   * Bytes that are neither message nor call, such as pings: a second in the long run, and at once. The latter is more
   * than `maxUnfinishedBytes`: messages that came together are counted one by one.
   */
  readonly wastePerSecond: number;
  readonly maxWaste: number;
}

/** Those that follow from no other limit. */
export const defaultLobbyLimits: Omit<
  LobbyLimits,
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

/** What goes with a message, and with a call: frames, acknowledgements, TLS, and a call's headers with its token. */
export const aroundBytes = { message: 64, call: 8 * 1024 };

/** An honest proxy's first message is smaller: the budget of all is never made good at its cost. */
export const everyonesBytes = 256 * 1024;
