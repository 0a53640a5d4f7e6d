import type { KubernetesObject, SecretObject } from '../../../src/api/core.ts';
import type { Kind } from '../../../src/api/kinds.ts';
import { WeftError } from '../../../src/common/errors.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import type { ApiClient, ObjectRef } from '../../../src/kubernetes/api-client.ts';
import { ObjectCache } from '../../../src/kubernetes/object-cache.ts';

/** An API server's Secrets in memory, with a cache for each replica that follows on request. */
export class SecretApi implements Pick<ApiClient, 'get' | 'create' | 'merge'> {
  /** How many Secrets were created in all. */
  created = 0;
  /** While set, every call is refused with it. */
  refusal: WeftError | undefined;
  readonly #secrets = new Map<string, SecretObject>();
  readonly #caches: ObjectCache<SecretObject>[] = [];
  #version = 1;

  /** A replica's view; it sees only what `deliver` brings. */
  cache(): ObjectCache<SecretObject> {
    const cache = new ObjectCache<SecretObject>(silentLogger);
    this.#caches.push(cache);
    return cache;
  }

  /** Brings every cache up to date, as a watch does. */
  deliver(): void {
    for (const cache of this.#caches) cache.replace([...this.#secrets.values()]);
  }

  put(secret: SecretObject): SecretObject {
    const { namespace = '', name } = secret.metadata;
    const resourceVersion = String(this.#version++);
    const stored = { ...secret, metadata: { ...secret.metadata, resourceVersion } };
    this.#secrets.set(`${namespace}/${name}`, stored);
    return stored;
  }

  delete(namespace: string, name: string): void {
    this.#secrets.delete(`${namespace}/${name}`);
  }

  find(namespace: string, name: string): SecretObject | undefined {
    return this.#secrets.get(`${namespace}/${name}`);
  }

  async get<T extends KubernetesObject>(
    ref: ObjectRef,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    await this.#answer(signal);
    return this.#secrets.get(`${ref.namespace ?? ''}/${ref.name}`) as T | undefined;
  }

  async create<T extends KubernetesObject>(
    _kind: Kind,
    object: T,
    signal: AbortSignal,
  ): Promise<T> {
    await this.#answer(signal);
    const { namespace = '', name } = object.metadata;
    if (this.#secrets.has(`${namespace}/${name}`))
      throw new WeftError('api-conflict', 'it exists already', { retry: 'soon' });
    this.created++;
    return this.put(object as unknown as SecretObject) as unknown as T;
  }

  async merge<T extends KubernetesObject>(
    ref: ObjectRef,
    { value }: { readonly value: unknown },
    signal: AbortSignal,
  ): Promise<T> {
    await this.#answer(signal);
    const before = this.#secrets.get(`${ref.namespace ?? ''}/${ref.name}`);
    if (before === undefined) throw new WeftError('api-not-found', 'there is none');
    const { metadata, data } = value as SecretObject;
    if (metadata.resourceVersion !== before.metadata.resourceVersion)
      throw new WeftError('api-conflict', 'it was changed meanwhile', { retry: 'soon' });
    const annotations = { ...before.metadata.annotations, ...metadata.annotations };
    return this.put({
      ...before,
      metadata: { ...before.metadata, annotations },
      data: { ...before.data, ...data },
    }) as unknown as T;
  }

  async #answer(signal: AbortSignal): Promise<void> {
    await Promise.resolve();
    signal.throwIfAborted();
    if (this.refusal !== undefined) throw this.refusal;
  }
}
