/** A part of the process that lives as long as its signal. control-plane/assemble lists them all. */
export interface Component {
  readonly name: string;
  /** A leader-only part runs on one replica at a time, while that replica holds the Lease. */
  readonly leaderOnly: boolean;
  /** Runs until the signal aborts, then cleans up and resolves. Rejects only if it failed for good. */
  run(signal: AbortSignal): Promise<void>;
}

/** A component from a function, for every replica. */
export function component(name: string, run: (signal: AbortSignal) => Promise<void>): Component {
  return { name, leaderOnly: false, run };
}
