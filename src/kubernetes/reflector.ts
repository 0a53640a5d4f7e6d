import type { KubernetesObject, ObjectMeta } from '../api/core.ts';
import type { Kind } from '../api/kinds.ts';
import type { Clock } from '../common/clock.ts';
import { type ErrorCode, WeftError } from '../common/errors.ts';
import { deepFreeze } from '../common/freeze.ts';
import type { Logger } from '../common/logger.ts';
import type { ListOptions } from './api-client.ts';
import { apiStatusOf } from './api-failure.ts';
import { type BackOffLimits, type Random, backOffMs } from './back-off.ts';
import type { ApiConnection } from './connect.ts';
import { readList } from './list-pages.ts';
import { type CacheStep, ObjectCache, storeKey } from './object-cache.ts';
import { laterVersion } from './resource-version.ts';
import type { ObjectStore } from './store.ts';
import { type WatchEvent, watch } from './watch-stream.ts';

export interface ReflectOptions<T extends KubernetesObject> extends ListOptions {
  /**
   * What to keep of an object, called once as it enters. It must keep name, namespace, uid and
   * resourceVersion. managedFields are gone already. An object it throws on is logged and left out.
   */
  readonly transform?: (object: T) => T;
}

export interface ReflectorDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** A watch without a byte for so long is opened anew. 130,000 ms unless told. */
  readonly idleMs?: number;
  /** From 100 ms to 30 s unless told. */
  readonly backOff?: BackOffLimits;
}

/** An ObjectStore and the life that fills it. */
export type Reflector<T extends KubernetesObject> = ObjectStore<T> & {
  /** Follows the API server until the signal aborts, whatever happens; resolves with nothing left open. */
  run(signal: AbortSignal): Promise<void>;
};

/** Makes a cache of one kind that follows the API server while it runs. Its objects are frozen. */
// eslint-disable-next-line max-params -- who is asked, for what kind, which of it, and our surroundings
export function reflect<T extends KubernetesObject>(
  client: Pick<ApiConnection, 'transport' | 'getJson'>,
  kind: Kind,
  options: ReflectOptions<T>,
  deps: ReflectorDeps,
): Reflector<T> {
  return new KindReflector({ client, kind, options, deps });
}

interface Plan<T extends KubernetesObject> {
  readonly client: Pick<ApiConnection, 'transport' | 'getJson'>;
  readonly kind: Kind;
  readonly options: ReflectOptions<T>;
  readonly deps: ReflectorDeps;
}

const watchSeconds = 290;
/** A kube-apiserver sends a bookmark each minute, on a quiet new watch the first after two (seen: 121 s). */
const usualIdleMs = 130_000;
/** A watch that ended sooner, and brought nothing, counts as a failure. */
const decentMs = 1000;
/** So many watches in a row that opened and broke at once: perhaps our place in history is bad. */
const doubtAfter = 5;
/** Answers that say the cursor is of no use. An outage does not: afterwards the watch goes on from it. */
const needsList: ReadonlySet<ErrorCode> = new Set(['api-gone', 'api-rejected', 'api-not-found']);

class KindReflector<T extends KubernetesObject> extends ObjectCache<T> {
  readonly #plan: Plan<T>;
  readonly #log: Logger;
  /** Where the next watch goes on; undefined when a list is due. */
  #cursor: string | undefined;
  #failures = 0;
  #doubts = 0;

  constructor(plan: Plan<T>) {
    const log = plan.deps.log.with({ kind: plan.kind.kind });
    super(plan.deps.clock, log);
    this.#plan = plan;
    this.#log = log;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#cursor ??= await this.#list(signal);
        await this.#watch(this.#cursor, signal);
      } catch (error) {
        await this.#recover(WeftError.from(error), signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { client, kind, options } = this.#plan;
    const entry = (object: KubernetesObject): T | undefined => this.#enter(object);
    const list = await readList(client.getJson, { kind, options, entry }, signal);
    signal.throwIfAborted();
    this.replace(list.items);
    this.#log.debug('listed', { objects: this.objects.size });
    return list.resourceVersion;
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, kind, options, deps } = this.#plan;
    const { clock, random, idleMs = usualIdleMs } = deps;
    let openedAt: number | undefined;
    let progress = false;
    const request = {
      kind,
      options,
      resourceVersion,
      timeoutSeconds: Math.round(watchSeconds + 20 * (random() - 0.5)),
      idleMs,
      onEvents: (events: readonly WatchEvent[]) => {
        openedAt ??= clock.now();
        if (!signal.aborted && this.#follow(events)) progress = true;
      },
    };
    const wasDecent = (): boolean =>
      progress || (openedAt !== undefined && clock.now() - openedAt >= decentMs);
    try {
      await watch(request, { transport: client.transport, clock }, signal);
    } finally {
      if (wasDecent()) this.#failures = this.#doubts = 0;
      else if (openedAt !== undefined) this.#doubts += 1;
    }
    if (!wasDecent()) {
      throw new WeftError('api-unavailable', 'the watch ended at once', { retry: 'soon' });
    }
  }

  /** Takes in a burst of events; true if it brought us forward. */
  #follow(events: readonly WatchEvent[]): boolean {
    const before = this.#cursor;
    const steps: CacheStep<T>[] = [];
    for (const { type, object } of events) {
      const seen = object.metadata.resourceVersion ?? '';
      this.#cursor = this.#cursor === undefined ? seen : laterVersion(this.#cursor, seen);
      if (type !== 'bookmark') steps.push(this.#step(type, object));
    }
    this.heard();
    this.take(steps);
    return this.#cursor !== before;
  }

  #step(type: 'set' | 'delete', object: KubernetesObject): CacheStep<T> {
    const entered = type === 'set' ? this.#enter(object) : undefined;
    return entered === undefined
      ? { type: 'delete', object: object as T }
      : { type: 'set', object: entered };
  }

  #enter(object: KubernetesObject): T | undefined {
    const { transform } = this.#plan.options;
    try {
      const lean = withoutManagedFields(object) as T;
      return deepFreeze(transform === undefined ? lean : transform(lean)) as T;
    } catch (error) {
      this.#log.error('an object cannot be taken in', { object: storeKey(object.metadata), error });
      return undefined;
    }
  }

  async #recover(error: WeftError, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { clock, random, backOff = { baseMs: 100, maxMs: 30_000 } } = this.#plan.deps;
    this.#failures += 1;
    if (needsList.has(error.code) || this.#doubts >= doubtAfter) {
      this.#cursor = undefined;
      this.#doubts = 0;
    }
    const asked = apiStatusOf(error)?.retryAfterMs ?? 0;
    const waitMs = Math.max(asked, backOffMs(this.#failures, backOff, random));
    const facts = { code: error.code, error, failures: this.#failures, waitMs };
    if (this.#failures === 1) this.#log.debug('lost the API server', facts);
    else this.#log.warn('lost the API server', facts);
    await clock.sleep(waitMs, signal).catch(() => undefined);
  }
}

/** They are often the bigger half of an object, and nobody here reads them. */
function withoutManagedFields(object: KubernetesObject): KubernetesObject {
  if (!('managedFields' in object.metadata)) return object;
  const metadata: ObjectMeta & { managedFields?: unknown } = { ...object.metadata };
  delete metadata.managedFields;
  return { ...object, metadata };
}
