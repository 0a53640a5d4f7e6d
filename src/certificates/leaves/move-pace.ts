import type { Random } from '../../kubernetes/back-off.ts';
import { namesOf } from '../issuer.ts';
import type { RenewalFacts } from './renewal.ts';

/** When a good leaf is replaced by a leaf of another signer, name or key. */
export interface Move {
  /** Describes the new leaf. Equal text means the same target. */
  readonly to: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface MoveFacts extends RenewalFacts {
  /** How many leaves there are, each of which may have to move as well. */
  readonly leaves: number;
  readonly random: Random;
}

const msPerLeaf = 10;
/** No leaf waits longer for its turn, however many there are. */
export const longestMoveMs = 60_000;

/**
 * When a leaf moves: at a random moment within a window that grows with the mesh, so that neither the proxies nor an
 * outside issuer get all moves at once. Returns `before` while the target stays the same, and draws a new moment when
 * it changes. Pure except for `random`.
 */
export function paceMove(before: Move | undefined, facts: MoveFacts): Move {
  const to = targetOf(facts);
  if (before?.to === to) return before;
  return { to, at: facts.now + facts.random() * moveWindowMs(facts.leaves) };
}

/** Within how many ms all leaves of a mesh move. One leaf waits for no other. */
export function moveWindowMs(leaves: number): number {
  return Math.min(Math.max(leaves - 1, 0) * msPerLeaf, longestMoveMs);
}

function targetOf({ subject, keyKind, signer = '' }: RenewalFacts): string {
  return [signer, keyKind, ...namesOf(subject)].join(' ');
}
