import type { GateLimits } from './gate-limits.ts';
import type { CutReason, GatedConnection } from './gated-connection.ts';

/** The limits, clocks and timers of a ConnectionGate, and its report of cut connections. */
export interface ConnectionGateOptions {
  readonly limits: GateLimits;
  /** Milliseconds, of a clock that never steps. */
  readonly now: () => number;
  /** The same from a clock that costs little to read, because it may be read for each message. */
  readonly elapsed: () => number;
  /** Calls back after other work had its turn. */
  readonly later: (turn: () => void) => void;
  /** Calls back within about 25 ms: a fast network brings megabytes in that time. */
  readonly soon: (weigh: () => void) => void;
  readonly onCut: (reason: CutReason, socket: Pick<GatedConnection, 'socket' | 'uid'>) => void;
}
