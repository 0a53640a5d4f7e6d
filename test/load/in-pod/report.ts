import type { LoadKind } from './plan.ts';
import type { Failure, Totals } from './tally.ts';

/** Sent, answered rightly, failed, since the beginning. */
export type Counts = readonly [sent: number, ok: number, failed: number];

/** What a client tells each second. */
export interface Second {
  readonly atMs: number;
  readonly counts: Readonly<Partial<Record<LoadKind, Counts>>>;
  /** How much later than it wanted the client ran in this second: what the machine could not give it. */
  readonly lateMs: number;
}

/** A line that a client prints. */
export type Report =
  | { readonly begun: { readonly atMs: number } }
  | { readonly second: Second }
  | { readonly failure: Failure & { readonly kind: LoadKind } }
  | { readonly totals: Readonly<Partial<Record<LoadKind, Totals>>> }
  /** Why the load never began. */
  | { readonly problem: string };
