// A replica's facts for the leader, besides its streams: JSON in its evidence.
import {
  type Guard,
  has,
  isNumber,
  isString,
  listOf,
  optional,
  pairOf,
  parseGuarded,
} from '../common/guards.ts';
import type { IssueFailure } from '../certificates/leaves/issue-failures.ts';
import type { LeafHealth } from '../certificates/leaves/rotator.ts';

/** One replica: its leaves, its own certificate, and the clients that refused that certificate. */
export interface ReplicaFacts {
  /** `<namespace>/<pod>` of the replica. */
  readonly replica: string;
  /** Accounts that have a leaf here, and those that wait for their first one. */
  readonly held: readonly string[];
  readonly waiting: readonly string[];
  readonly earliestExpiry?: number;
  readonly failure?: IssueFailure;
  /** The problem of the certificate that proxies see, as a sentence without a subject. */
  readonly certificate?: string;
  /** Clients that refused it lately, by IP, with their alert. */
  readonly refused: readonly (readonly [string, string])[];
}

export function encodeFacts(facts: ReplicaFacts): string {
  return JSON.stringify(facts);
}

/**
 * The facts in another replica's evidence. A replica of another version, whose facts have another form, counts as
 * silent.
 */
export function decodeFacts(text: string): ReplicaFacts | undefined {
  return parseGuarded(text, isFacts);
}

const isFacts: Guard<ReplicaFacts> = has<ReplicaFacts>({
  replica: isString,
  held: listOf(isString),
  waiting: listOf(isString),
  earliestExpiry: optional(isNumber),
  failure: optional(has<IssueFailure>({ code: isString, message: isString, since: isNumber })),
  certificate: optional(isString),
  refused: listOf(pairOf(isString, isString)),
});

/** The leaves of all replicas: an account counts once, and waits only if it has a leaf nowhere. */
export function joinLeaves(replicas: readonly ReplicaFacts[]): Omit<LeafHealth, 'failure'> & {
  readonly failure: ReplicaFacts['failure'];
} {
  const held = new Set(replicas.flatMap((replica) => replica.held));
  const waiting = new Set(replicas.flatMap((replica) => replica.waiting));
  const ends = replicas.flatMap(({ earliestExpiry }) => earliestExpiry ?? []);
  return {
    held: held.size,
    waiting: [...waiting].filter((account) => !held.has(account)).length,
    earliestExpiry: ends.length === 0 ? undefined : Math.min(...ends),
    failure: replicas.find(({ failure }) => failure !== undefined)?.failure,
  };
}
