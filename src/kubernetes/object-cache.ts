import type { KubernetesObject } from '../api/core.ts';
import type { Logger } from '../common/logger.ts';
import { isOlder } from './resource-version.ts';
import type { Change, ObjectStore, StoreKey } from './store.ts';

type Listener<T extends KubernetesObject> = (changes: readonly Change<T>[]) => void;

/** One step of a cache: this object has this state now, or is gone. */
export interface CacheStep<T extends KubernetesObject> {
  readonly type: 'set' | 'delete';
  readonly object: T;
}

/** The key under which an object of that name is kept. */
export function storeKey(metadata: {
  readonly namespace?: string;
  readonly name: string;
}): StoreKey {
  return metadata.namespace === undefined
    ? metadata.name
    : `${metadata.namespace}/${metadata.name}`;
}

/** The ObjectStore that a reflector fills. The caller freezes objects before it puts them in. */
export class ObjectCache<T extends KubernetesObject> implements ObjectStore<T> {
  readonly #objects = new Map<StoreKey, T>();
  readonly #listeners = new Set<Listener<T>>();
  readonly #firstList = Promise.withResolvers<undefined>();
  readonly #log: Logger;
  #synced = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  get objects(): ReadonlyMap<StoreKey, T> {
    return this.#objects;
  }

  get synced(): boolean {
    return this.#synced;
  }

  subscribe(onChanges: Listener<T>): () => void {
    // A separate wrapper for each call, so that one function may subscribe twice.
    const listener: Listener<T> = (changes) => {
      onChanges(changes);
    };
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, reject } = Promise.withResolvers<undefined>();
    const onAbort = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([this.#firstList.promise, promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Makes the cache equal to a whole list, and reports the differences in one batch. */
  replace(list: readonly T[]): void {
    const listed = new Set(list.map((object) => storeKey(object.metadata)));
    const changes: Change<T>[] = [];
    for (const [key, before] of this.#objects) {
      if (listed.has(key)) continue;
      this.#objects.delete(key);
      changes.push({ key, before, after: undefined });
    }
    for (const object of list) this.#set(object, changes);
    this.#synced = true;
    this.#firstList.resolve(undefined);
    this.#notify(changes);
  }

  /** Takes the steps in order, and reports what they changed in one batch. */
  take(steps: readonly CacheStep<T>[]): void {
    const changes: Change<T>[] = [];
    for (const { type, object } of steps) {
      const before = this.#objects.get(storeKey(object.metadata));
      if (before !== undefined && isOlder(object.metadata, before.metadata)) continue;
      if (type === 'set') this.#set(object, changes);
      else this.#delete(object, changes);
    }
    this.#notify(changes);
  }

  /** Replaces the object under that key with another form of it, or removes it. */
  protected swap(key: StoreKey, after: T | undefined): void {
    const before = this.#objects.get(key);
    if (before === undefined) return;
    if (after === undefined) this.#objects.delete(key);
    else this.#objects.set(key, after);
    this.#notify([{ key, before, after }]);
  }

  #set(object: T, changes: Change<T>[]): void {
    const key = storeKey(object.metadata);
    const before = this.#objects.get(key);
    if (before !== undefined && isSame(before, object)) return;
    this.#objects.set(key, object);
    if (before === undefined || before.metadata.uid === object.metadata.uid) {
      changes.push({ key, before, after: object });
      return;
    }
    changes.push({ key, before, after: undefined }, { key, before: undefined, after: object });
  }

  #delete(object: T, changes: Change<T>[]): void {
    const key = storeKey(object.metadata);
    const before = this.#objects.get(key);
    if (before === undefined) return;
    this.#objects.delete(key);
    changes.push({ key, before, after: undefined });
  }

  #notify(changes: readonly Change<T>[]): void {
    if (changes.length === 0) return;
    for (const listener of [...this.#listeners]) {
      try {
        listener(changes);
      } catch (error) {
        this.#log.error('a subscriber failed', { error });
      }
    }
  }
}

/** Whether both are the same state of the same object. Never true without a resourceVersion. */
function isSame(one: KubernetesObject, other: KubernetesObject): boolean {
  const { uid, resourceVersion } = one.metadata;
  return (
    resourceVersion !== undefined &&
    resourceVersion === other.metadata.resourceVersion &&
    uid === other.metadata.uid
  );
}
