import { kinds } from '../api/kinds.ts';
import type { Clock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import { TokenBucket } from '../common/token-bucket.ts';
import type { ApiClient, ObjectRef } from './api-client.ts';
import type { Random } from './back-off.ts';
import { type Occurrence, type Reporter, eventObject, occurrenceKey } from './event-object.ts';
import { microTime } from './micro-time.ts';

export type { Occurrence } from './event-object.ts';

/** Records Events on users' objects. */
export interface EventRecorder {
  /** Never throws and never waits: the Event is written later, if there is room and the API server is willing. */
  record(occurrence: Occurrence): void;
}

export interface EventRecorderPlan extends Reporter {
  readonly client: Pick<ApiClient, 'create' | 'merge'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random?: Random;
}

/** Different occurrences remembered; more are dropped until some were written. */
const maxSeries = 500;
const forgetMs = 600_000;
/** A repeated occurrence is written at once the second time, then at most this often. */
const refreshMs = 30_000;
const burst = 25;
const writeIntervalMs = 1000;
const tries = 3;

/** Makes a recorder; it writes while it runs, at most 25 Events at once and one a second. */
export function createEventRecorder(
  plan: EventRecorderPlan,
): EventRecorder & { run(signal: AbortSignal): Promise<void> } {
  return new Recorder(plan);
}

interface Series {
  readonly occurrence: Occurrence;
  /** The Event once it was written. */
  ref: ObjectRef | undefined;
  count: number;
  lastAt: number;
  /** When to write next; undefined when nothing is new. */
  dueAt: number | undefined;
  failures: number;
}

class Recorder implements EventRecorder {
  readonly #plan: Required<EventRecorderPlan>;
  readonly #series = new Map<string, Series>();
  readonly #bucket: TokenBucket;
  #dropped = 0;
  #wake = Promise.withResolvers<undefined>();

  constructor(plan: EventRecorderPlan) {
    this.#plan = { random: Math.random, ...plan };
    this.#bucket = new TokenBucket(plan.clock, { burst, intervalMs: writeIntervalMs });
  }

  record(occurrence: Occurrence): void {
    const key = occurrenceKey(occurrence);
    const now = this.#plan.clock.now();
    const known = this.#series.get(key);
    if (known === undefined) {
      this.#add(key, occurrence);
    } else {
      known.count += 1;
      known.lastAt = now;
      known.dueAt ??= known.count === 2 ? now : now + refreshMs;
    }
    this.#wake.resolve(undefined);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { clock } = this.#plan;
      const next = this.#next();
      if (next === undefined) await this.#somethingNew(undefined, signal);
      else if (next.dueAt > clock.now()) await this.#somethingNew(next.dueAt - clock.now(), signal);
      else if (this.#bucket.take()) await this.#write(next.series, signal);
      else await clock.sleep(writeIntervalMs, signal).catch(() => undefined);
    }
  }

  #add(key: string, occurrence: Occurrence): void {
    if (this.#series.size >= maxSeries) this.#forget();
    if (this.#series.size >= maxSeries) {
      this.#dropped += 1;
      if (this.#dropped === 1) this.#plan.log.warn('too many events at once, some are dropped');
      return;
    }
    this.#dropped = 0;
    const now = this.#plan.clock.now();
    const fresh = { ref: undefined, count: 1, lastAt: now, dueAt: now, failures: 0 };
    this.#series.set(key, { occurrence, ...fresh });
  }

  /** Makes room: removes series that were quiet for long; if there are none, all series that are written already. */
  #forget(): void {
    const now = this.#plan.clock.now();
    const written = [...this.#series].filter(([, series]) => series.dueAt === undefined);
    const quiet = written.filter(([, series]) => now - series.lastAt > forgetMs);
    for (const [key] of quiet.length > 0 ? quiet : written) this.#series.delete(key);
  }

  #next(): { readonly series: Series; readonly dueAt: number } | undefined {
    let first: { readonly series: Series; readonly dueAt: number } | undefined;
    for (const series of this.#series.values()) {
      const { dueAt } = series;
      if (dueAt !== undefined && (first === undefined || dueAt < first.dueAt)) {
        first = { series, dueAt };
      }
    }
    return first;
  }

  /** Waits for `record`, for the time, or for the end. */
  async #somethingNew(ms: number | undefined, signal: AbortSignal): Promise<void> {
    const wake = (this.#wake = Promise.withResolvers());
    const over = new AbortController();
    const onAbort = (): void => {
      wake.resolve(undefined);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    if (ms !== undefined) this.#plan.clock.sleep(ms, over.signal).then(onAbort, () => undefined);
    await wake.promise;
    signal.removeEventListener('abort', onAbort);
    over.abort();
  }

  async #write(series: Series, signal: AbortSignal): Promise<void> {
    const { count } = series;
    series.dueAt = undefined;
    try {
      if (series.ref === undefined) await this.#create(series, signal);
      else await this.#recount(series.ref, series, signal);
      series.failures = 0;
      this.#plan.log.debug('event written', { reason: series.occurrence.reason, count });
    } catch (error) {
      if (!signal.aborted) this.#fail(series, WeftError.from(error));
    }
  }

  async #create(series: Series, signal: AbortSignal): Promise<void> {
    const { client, clock, random } = this.#plan;
    const suffix = Math.floor(random() * 2 ** 48).toString(16);
    const object = eventObject(series.occurrence, this.#plan, { now: clock.now(), suffix });
    const { name, namespace = 'default' } = object.metadata;
    await client.create(kinds.event, object, signal);
    series.ref = { kind: kinds.event, namespace, name };
    if (series.count > 1) series.dueAt ??= clock.now();
  }

  async #recount(ref: ObjectRef, series: Series, signal: AbortSignal): Promise<void> {
    const { count, lastAt } = series;
    const value = { series: { count, lastObservedTime: microTime(lastAt) } };
    await this.#plan.client.merge(ref, { value }, signal);
  }

  #fail(series: Series, error: WeftError): void {
    const { clock, log } = this.#plan;
    const { reason } = series.occurrence;
    if (error.code === 'api-not-found' && series.ref !== undefined) {
      // The Event has expired and was removed: begin a new one.
      series.ref = undefined;
      series.count = 1;
      series.dueAt = clock.now();
      return;
    }
    series.failures += 1;
    if (error.retry === 'soon' && series.failures < tries) {
      series.dueAt = clock.now() + writeIntervalMs * series.failures;
      return;
    }
    series.failures = 0;
    log.warn('an event could not be written', { reason, code: error.code, error });
  }
}
