import type { Resource } from '../resources/resource.ts';

export type NamedResources = ReadonlyMap<string, Resource>;

/** What one response will say. */
export interface Batch {
  readonly changed: readonly Resource[];
  readonly removed: readonly string[];
  /** The map that `changed` is all of, for a client that held nothing. */
  readonly whole?: NamedResources;
}

/** A response that is not answered yet. */
export interface InFlight extends Batch {
  readonly nonce: string;
}

export interface PlanOptions {
  /** Nothing that may name resources of this type is on its way, so unwanted ones may go. */
  readonly mayRemove: () => boolean;
  /** A name that is asked for and not there is expected soon: say nothing about it yet. */
  readonly absentArePending: boolean;
}
