import type { KubernetesObject } from '../api/core.ts';
import type { Kind } from '../api/kinds.ts';

/** Where an object is. `namespace` is left out for cluster-scoped kinds. */
export interface ObjectRef {
  readonly kind: Kind;
  readonly namespace?: string;
  readonly name: string;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ApplyOptions {
  /** Field manager of server-side apply. */
  readonly fieldManager: string;
  /** Take fields over from other managers. Without it a conflict rejects with `api-conflict`. */
  readonly force?: boolean;
  /** "status" to write the status subresource. */
  readonly subresource?: 'status';
}

export interface RemoveOptions {
  /** Only remove this very object, not a successor of the same name. */
  readonly uid?: string;
  readonly propagation?: 'Foreground' | 'Background' | 'Orphan';
}

/**
 * The few verbs Weft needs, on raw JSON objects. Every call is bounded in time, and rejects with a
 * WeftError: api-unavailable (retry soon), api-rejected, api-conflict, api-gone, api-not-found.
 */
export interface ApiClient {
  /** Undefined when there is no such object. */
  get<T extends KubernetesObject>(ref: ObjectRef, signal: AbortSignal): Promise<T | undefined>;
  /** The whole list, read page by page. */
  list<T extends KubernetesObject>(
    kind: Kind,
    options: ListOptions,
    signal: AbortSignal,
  ): Promise<readonly T[]>;
  /** Rejects with api-conflict when the object exists. */
  create<T extends KubernetesObject>(kind: Kind, object: T, signal: AbortSignal): Promise<T>;
  /** Server-side apply: creates or updates, owning just the fields given. */
  apply<T extends KubernetesObject>(
    kind: Kind,
    object: T,
    options: ApplyOptions,
    signal: AbortSignal,
  ): Promise<T>;
  /** RFC 7396 merge patch; a resourceVersion in it is a precondition (api-conflict). */
  merge<T extends KubernetesObject>(
    ref: ObjectRef,
    patch: { readonly value: unknown; readonly subresource?: 'status' },
    signal: AbortSignal,
  ): Promise<T>;
  /** Resolves also when there was nothing to remove. */
  remove(ref: ObjectRef, options: RemoveOptions, signal: AbortSignal): Promise<void>;
  /** GET of any path as text, e.g. /openid/v1/jwks. */
  read(path: string, signal: AbortSignal): Promise<string>;
}
