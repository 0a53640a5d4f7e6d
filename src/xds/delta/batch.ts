import type { Resource } from '../resources/resource.ts';

export type NamedResources = ReadonlyMap<string, Resource>;

/** The content of one response. */
export interface Batch {
  readonly changed: readonly Resource[];
  readonly removed: readonly string[];
  /** The map of which `changed` is the whole, for a client that held nothing. */
  readonly whole?: NamedResources;
}

/** A response without an ACK or NACK yet. */
export interface InFlight extends Batch {
  readonly nonce: string;
}

export interface PlanOptions {
  /** Whether unwanted resources may be removed: no unanswered response may reference resources of this type. */
  readonly mayRemove: () => boolean;
  /** A subscribed name that is absent is expected soon: do not report it as removed yet. */
  readonly absentArePending: boolean;
}
