import { untilAborted } from './aborted.ts';
import type { Changing } from './topic.ts';

/** A part of the process that lives as long as its signal. control-plane/assemble lists them all. */
export interface Component {
  readonly name: string;
  /** A leader-only part runs on one replica at a time, while that replica holds the Lease. */
  readonly leaderOnly: boolean;
  /** Why the replica is not ready yet because of this part; undefined: the part is ready. */
  readonly problem?: () => string | undefined;
  /** Runs until the signal aborts, then cleans up and resolves. Rejects only if it failed for good. */
  run(signal: AbortSignal): Promise<void>;
}

/** A component from a function, for every replica. */
export function component(name: string, run: (signal: AbortSignal) => Promise<void>): Component {
  return { name, leaderOnly: false, run };
}

/** A part that looks at its inputs again when it is triggered. */
export interface Triggered extends Component {
  trigger(): void;
}

/** The part, triggered after each change of the topics while it runs. */
export function onChangeOf(topics: readonly Changing[], part: Triggered): Component {
  return {
    name: part.name,
    leaderOnly: part.leaderOnly,
    run: (signal) =>
      whileFollowing(
        topics.map((topic) => [topic, () => part.trigger()] as const),
        () => part.run(signal),
      ),
  };
}

/** A component that only reacts: calls each function after each change of its topic. */
export function reaction(
  name: string,
  reactions: readonly (readonly [Changing, () => void])[],
): Component {
  return component(name, (signal) => whileFollowing(reactions, () => untilAborted(signal)));
}

/** Calls each function after each change of its topic, until `run` is done. */
export async function whileFollowing(
  reactions: readonly (readonly [Changing, () => void])[],
  run: () => Promise<void>,
): Promise<void> {
  const stops = reactions.map(([topic, react]) => topic.follow(react));
  try {
    await run();
  } finally {
    for (const stop of stops) stop();
  }
}
