import type { KubernetesObject } from '../api/core.ts';

/** `<namespace>/<name>`, or `<name>` for cluster-scoped kinds. */
export type StoreKey = string;

/** One change of a reflected kind, after the store already holds it. */
export interface Change<T extends KubernetesObject> {
  readonly key: StoreKey;
  /** Undefined: it did not exist before. */
  readonly before: T | undefined;
  /** Undefined: it is gone. A replaced object (other uid) is reported as gone, then as new. */
  readonly after: T | undefined;
}

/**
 * A reflected kind as its consumers see it: a cache that follows the API server and reports changes in batches (one
 * call per list, or per burst of watch events).
 */
export interface ObjectStore<T extends KubernetesObject> {
  readonly objects: ReadonlyMap<StoreKey, T>;
  /** True after the first full list; from then on the cache may be old, never incomplete. */
  readonly synced: boolean;
  /** Calls back after each batch; returns a function that stops it. A callback that throws is logged. */
  subscribe(onChanges: (changes: readonly Change<T>[]) => void): () => void;
  whenSynced(signal: AbortSignal): Promise<void>;
}
