import type { LoadKind } from './plan.ts';
import type { Failure, Totals } from './tally.ts';

/** Sent, answered rightly, failed, since the beginning. */
export type Counts = readonly [sent: number, ok: number, failed: number];

/** A line that a client prints. */
export type Report =
  | { readonly begun: { readonly atMs: number } }
  | {
      readonly second: {
        readonly atMs: number;
        readonly counts: Readonly<Partial<Record<LoadKind, Counts>>>;
      };
    }
  | { readonly failure: Failure & { readonly kind: LoadKind } }
  | { readonly totals: Readonly<Partial<Record<LoadKind, Totals>>> }
  /** Why the load never began. */
  | { readonly problem: string };
