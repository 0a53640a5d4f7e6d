import type { KubernetesObject } from '../api/core.ts';
import type { Kind } from '../api/kinds.ts';
import { type ErrorCode, WeftError } from '../common/errors.ts';
import { deepFreeze } from '../common/freeze.ts';
import type { Logger } from '../common/logger.ts';
import type { Holder, Verdict } from './budget.ts';
import { apiStatusOf } from './api-failure.ts';
import { backOffMs } from './back-off.ts';
import type { ApiConnection } from './connect.ts';
import { withoutManagedFields } from './lean.ts';
import { readList } from './list-pages.ts';
import { type CacheStep, ObjectCache, storeKey } from './object-cache.ts';
import { ReadAgain } from './read-again.ts';
import type { ReflectOptions, ReflectorDeps } from './reflector-options.ts';
import { isOlder, laterVersion } from './resource-version.ts';
import type { ObjectStore, StoreKey } from './store.ts';
import { type WatchEvent, watch } from './watch-stream.ts';

/** An ObjectStore and the loop that fills it. */
export type Reflector<T extends KubernetesObject> = ObjectStore<T> & {
  /** Follows the API server until the signal aborts, whatever happens; resolves with nothing left open. */
  run(signal: AbortSignal): Promise<void>;
};

/** Makes a cache of one kind that follows the API server while it runs. Its objects are frozen. */
export function reflect<T extends KubernetesObject>(
  client: Pick<ApiConnection, 'transport' | 'getJson' | 'getItems'>,
  kind: Kind,
  options: ReflectOptions<T> & ReflectorDeps,
): Reflector<T> {
  return new KindReflector({ client, kind, options, deps: options });
}

interface Plan<T extends KubernetesObject> {
  readonly client: Pick<ApiConnection, 'transport' | 'getJson' | 'getItems'>;
  readonly kind: Kind;
  readonly options: ReflectOptions<T>;
  readonly deps: ReflectorDeps;
}

const watchSeconds = 290;
/** A kube-apiserver sends a bookmark each minute; on a quiet new watch the first comes after two (measured: 121 s). */
const usualIdleMs = 130_000;
/** A watch that ended sooner, and brought nothing, counts as a failure. */
const decentMs = 1000;
/** After this many watches in a row that opened and broke at once, the cursor is taken to be bad. */
const doubtAfter = 5;
const usualAbsentMs = 10_000;
const absentAfter = 3;
/** Errors that mean the cursor is useless. An outage does not: afterwards the watch continues from the cursor. */
const needsList: ReadonlySet<ErrorCode> = new Set(['api-gone', 'api-rejected', 'api-not-found']);

class KindReflector<T extends KubernetesObject> extends ObjectCache<T> implements Holder {
  readonly #plan: Plan<T>;
  readonly #log: Logger;
  /** Where the next watch continues; undefined when a list is due. */
  #cursor: string | undefined;
  #failures = 0;
  #doubts = 0;
  /** Objects of the list that is being read. */
  #incoming = new Map<StoreKey, T>();
  readonly #again: ReadAgain;
  /** Whether there are objects that the cache does not know and may have room for. */
  #stale = false;
  #watching: AbortController | undefined;

  constructor(plan: Plan<T>) {
    const log = plan.deps.log.with({ kind: plan.kind.kind });
    super(log);
    this.#plan = plan;
    this.#log = log;
    const { client, kind, deps } = plan;
    const asks = { get: client.getJson, kind, clock: deps.clock, log };
    this.#again = new ReadAgain(asks, (object) => {
      this.#takeAgain(object);
    });
    plan.options.ration?.budget.attach(plan.kind.kind, this);
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#run(signal), this.#again.run(signal)]);
  }

  applyVerdict(key: StoreKey, verdict: Verdict): void {
    if (verdict === 'kept') {
      this.#again.add(key);
      return;
    }
    this.#again.remove(key);
    const smaller = (object: T): T | undefined =>
      verdict === 'unknown' ? undefined : this.#standIn(object);
    const listed = this.#incoming.get(key);
    const small = listed && smaller(listed);
    if (small !== undefined) this.#incoming.set(key, small);
    else this.#incoming.delete(key);
    const held = this.objects.get(key);
    if (held !== undefined) this.swap(key, smaller(held));
  }

  relist(): void {
    this.#stale = true;
    this.#watching?.abort(new WeftError('api-gone', 'a list is due', { retry: 'soon' }));
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#stale) this.#cursor = undefined;
        this.#stale = false;
        if (this.#cursor === undefined) this.#cursor = await this.#list(signal);
        else await this.#watch(this.#cursor, signal);
      } catch (error) {
        await this.#recover(WeftError.from(error), signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { client, kind, options } = this.#plan;
    const { budget } = options.ration ?? {};
    const entry = (object: KubernetesObject): undefined => {
      const entered = this.#enter(object);
      if (entered !== undefined) this.#incoming.set(storeKey(object.metadata), entered);
      budget?.settle();
    };
    const onBegin = (): void => {
      this.#incoming = new Map();
    };
    const { pageSize } = options;
    const request = {
      ...{ kind, options, entry, onBegin },
      ...(pageSize === undefined ? {} : { pageSize }),
    };
    const list = await readList<never>(client.getItems, request, signal);
    signal.throwIfAborted();
    const incoming = this.#incoming;
    this.#incoming = new Map();
    this.replace([...incoming.values()]);
    budget?.retain(kind.kind, incoming);
    budget?.settle();
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
    const over = (this.#watching = new AbortController());
    const until = AbortSignal.any([signal, over.signal]);
    try {
      await watch(request, { transport: client.transport, clock }, until);
    } finally {
      if (wasDecent()) this.#failures = this.#doubts = 0;
      else if (openedAt !== undefined) this.#doubts += 1;
    }
    if (!wasDecent()) {
      throw new WeftError('api-unavailable', 'the watch ended at once', { retry: 'soon' });
    }
  }

  /** Takes in a burst of events. Returns whether the cursor moved. */
  #follow(events: readonly WatchEvent[]): boolean {
    const before = this.#cursor;
    const steps: CacheStep<T>[] = [];
    for (const { type, object } of events) {
      const seen = object.metadata.resourceVersion ?? '';
      this.#cursor = this.#cursor === undefined ? seen : laterVersion(this.#cursor, seen);
      if (type !== 'bookmark') steps.push(this.#step(type, object));
    }
    this.take(steps);
    this.#plan.options.ration?.budget.settle();
    return this.#cursor !== before;
  }

  #step(type: 'set' | 'delete', object: KubernetesObject): CacheStep<T> {
    const entered = type === 'set' ? this.#enter(object) : undefined;
    if (type === 'delete') {
      const { kind, options } = this.#plan;
      options.ration?.budget.leave(kind.kind, storeKey(object.metadata));
    }
    return entered === undefined
      ? { type: 'delete', object: object as T }
      : { type: 'set', object: entered };
  }

  #enter(object: KubernetesObject): T | undefined {
    const { transform, ration } = this.#plan.options;
    try {
      const lean = withoutManagedFields(object) as T;
      if (ration?.isHuge(lean) === true)
        return this.#ration(lean, ration.budget.limits.ofObject + 1);
      const kept = deepFreeze(transform === undefined ? lean : transform(lean)) as T;
      const { creationTimestamp: created } = object.metadata;
      return ration === undefined ? kept : this.#ration(kept, ration.weigh(kept), created);
    } catch (error) {
      this.#log.error('an object cannot be cached', { object: storeKey(object.metadata), error });
      return undefined;
    }
  }

  /** The object, or its stand-in while it has no room; undefined when it is not known at all. */
  #ration(object: T, weight: number, created = object.metadata.creationTimestamp): T | undefined {
    const { kind, options } = this.#plan;
    const { namespace, name } = object.metadata;
    const key = storeKey(object.metadata);
    const who = { kind: kind.kind, key, namespace: namespace ?? name, created: created ?? '' };
    const verdict = options.ration?.budget.enter({ ...who, weight });
    if (verdict === 'unknown') return undefined;
    return verdict === 'small' ? this.#standIn(object, weight) : object;
  }

  #standIn(object: T, weight = this.#plan.options.ration?.weigh(object) ?? 0): T {
    const { ration } = this.#plan.options;
    return ration === undefined ? object : (deepFreeze(ration.standIn(object, weight)) as T);
  }

  /** Stores an object that was read alone, if it is exactly the known object, in no older state. */
  #takeAgain(object: KubernetesObject): void {
    const key = storeKey(object.metadata);
    const isOf = (known: T | undefined): boolean =>
      known !== undefined &&
      known.metadata.uid === object.metadata.uid &&
      !isOlder(object.metadata, known.metadata);
    const [isHeld, isListed] = [isOf(this.objects.get(key)), isOf(this.#incoming.get(key))];
    if (!isHeld && !isListed) return;
    const entered = this.#enter(object);
    if (isHeld) this.swap(key, entered);
    if (isListed && entered !== undefined) this.#incoming.set(key, entered);
    this.#plan.options.ration?.budget.settle();
  }

  async #recover(error: WeftError, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { clock, random, backOff = { baseMs: 100, maxMs: 30_000 } } = this.#plan.deps;
    this.#failures += 1;
    if (needsList.has(error.code) || this.#doubts >= doubtAfter) {
      this.#cursor = undefined;
      this.#doubts = 0;
    }
    if (this.#isAbsent(error)) return this.#awaitKind(signal);
    const requestedMs = apiStatusOf(error)?.retryAfterMs ?? 0;
    const waitMs = Math.max(requestedMs, backOffMs(this.#failures, backOff, random));
    const facts = { code: error.code, error, failures: this.#failures, waitMs };
    if (this.#failures === 1) this.#log.debug('no connection to the API server', facts);
    else this.#log.warn('no connection to the API server', facts);
    await clock.sleep(waitMs, signal).catch(() => undefined);
  }

  /** A kind that had objects counts as absent only after several 404s: its objects may be policies in force. */
  #isAbsent({ code }: WeftError): boolean {
    if (this.#plan.options.optional !== true || code !== 'api-not-found') return false;
    return this.objects.size === 0 || this.#failures >= absentAfter;
  }

  async #awaitKind(signal: AbortSignal): Promise<void> {
    const { clock, absentMs = usualAbsentMs } = this.#plan.deps;
    if (!this.synced || this.objects.size > 0) {
      this.#log.info('the API server does not know this kind', { askedAgainMs: absentMs });
      this.replace([]);
    }
    // An answer that was expected is no failure: once the kind is there, its first real failure is retried soon.
    this.#failures = 0;
    await clock.sleep(absentMs, signal).catch(() => undefined);
  }
}
