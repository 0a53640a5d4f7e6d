import type { Kind } from '../api/kinds.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import type { PolicyStatus, WantedPolicyStatus } from './policy-status.ts';
import type { KeptStatus, PolicyObject } from './kept-status.ts';

/**
 * How the objects of a kind carry a status (docs/decisions/0135). Weft decides one status for each object,
 * `WantedPolicyStatus`; the shape says which fields of the object hold it.
 */
export interface StatusShape {
  /**
   * The part of an object's status that Weft wrote and compares with, in bounded size, whatever other writers put in;
   * undefined where Weft wrote none. `object` comes from the API server and may hold anything.
   */
  readonly keep: (object: { readonly status?: unknown }) => KeptStatus | undefined;
  /** Whether `current`, the status that `keep` gave for `object`, says what is wanted; times do not count. */
  readonly isUpToDate: (
    wanted: WantedPolicyStatus,
    current: KeptStatus,
    object: PolicyObject,
  ) => boolean;
  /**
   * Writes the status, leaves the fields of other writers as they are, and returns what the cache will keep of it.
   * Rejects as ApiClient does; after api-conflict the caller tries again.
   */
  readonly write: (
    target: StatusTarget,
    status: PolicyStatus,
    signal: AbortSignal,
  ) => Promise<KeptStatus>;
}

/** Where a status is written. */
export interface StatusTarget {
  readonly client: ApiClient;
  readonly kind: Kind;
  readonly object: PolicyObject;
}
