import type { KubernetesObject } from '../../../src/api/core.ts';
import type { Change, ObjectStore, StoreKey } from '../../../src/kubernetes/store.ts';

/** A store that holds what a test puts into it, and notifies at once. */
export class FakeStore<T extends KubernetesObject> implements ObjectStore<T> {
  readonly synced = true;
  readonly objects = new Map<StoreKey, T>();
  readonly #listeners = new Set<(changes: readonly Change<T>[]) => void>();

  constructor(objects: readonly T[] = []) {
    for (const object of objects) this.objects.set(keyOf(object), object);
  }

  put(object: T): void {
    this.#change(keyOf(object), object);
  }

  remove(key: StoreKey): void {
    this.#change(key, undefined);
  }

  subscribe(onChanges: (changes: readonly Change<T>[]) => void): () => void {
    this.#listeners.add(onChanges);
    return () => this.#listeners.delete(onChanges);
  }

  whenSynced(): Promise<void> {
    return Promise.resolve();
  }

  #change(key: StoreKey, after: T | undefined): void {
    const before = this.objects.get(key);
    if (after === undefined) this.objects.delete(key);
    else this.objects.set(key, after);
    for (const listener of this.#listeners) listener([{ key, before, after }]);
  }
}

function keyOf({ metadata: { namespace, name } }: KubernetesObject): StoreKey {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
