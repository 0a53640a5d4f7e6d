import type { Clock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import { type BackOffLimits, type Random, backOffMs } from './back-off.ts';

/** The result of a run: nothing more to do, or a further run after `requeueAfterMs`. */
export type Result = { readonly requeueAfterMs: number } | undefined;

/**
 * Works on one key: reads the present state and makes it as it should be. After a WeftError with retry "never" the key
 * waits for the next `add`. After a defect of Weft it also waits for the next `add`, or five minutes: the same state
 * would fail again. After any other error it is tried again with a growing delay.
 */
export type Worker<K extends string> = (key: K, signal: AbortSignal) => Promise<Result>;

export interface WorkQueueDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Delays of a failing key. Default: from 50 ms to 5 min. */
  readonly backOff?: BackOffLimits;
  /** Called after each run of a key: how long it waited and took, and how many keys wait now. */
  readonly onDone?: (run: WorkRun) => void;
}

export interface WorkRun {
  readonly key: string;
  readonly waitedMs: number;
  readonly tookMs: number;
  /** Undefined: the run succeeded, or the queue is ending. */
  readonly error: WeftError | undefined;
  readonly waiting: number;
}

/** The work is tried again after a defect, because the defect may depend on the time or on another object. */
const defectMs = 300_000;

export interface RunOptions {
  /** Keys worked on at once. Default 1. */
  readonly workers?: number;
}

/**
 * Keys that need work (docs/decisions/0001). A key waits once however often it is added, is never worked on twice at
 * once, and is worked on again if it was added during its run. A run of a key cancels its pending delay: the worker
 * decides again when to come back.
 */
export class WorkQueue<K extends string> {
  readonly #deps: WorkQueueDeps;
  /** When each waiting key was added; in order of arrival. */
  readonly #waiting = new Map<K, number>();
  readonly #running = new Set<K>();
  readonly #addedMeanwhile = new Set<K>();
  readonly #delays = new Map<K, { readonly until: number; readonly cancel: AbortController }>();
  readonly #failures = new Map<K, number>();
  #wake = Promise.withResolvers<undefined>();

  constructor(deps: WorkQueueDeps) {
    this.#deps = deps;
  }

  /** How many keys wait for a worker; those with a delay do not count yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Asks for work on a key as soon as possible. */
  add(key: K): void {
    if (this.#running.has(key)) {
      this.#addedMeanwhile.add(key);
      return;
    }
    if (this.#waiting.has(key)) return;
    this.#waiting.set(key, this.#deps.clock.now());
    this.#wake.resolve(undefined);
  }

  /** Asks for work on a key after `ms`. Of two delays of a key the earlier counts. */
  addAfter(key: K, ms: number): void {
    const until = this.#deps.clock.now() + ms;
    const known = this.#delays.get(key);
    if (known !== undefined && known.until <= until) return;
    known?.cancel.abort();
    const cancel = new AbortController();
    this.#delays.set(key, { until, cancel });
    this.#deps.clock.sleep(ms, cancel.signal).then(
      () => {
        this.#delays.delete(key);
        this.add(key);
      },
      () => undefined,
    );
  }

  /** Works until the signal aborts; resolves when no worker is busy and no timer is left. */
  async run(worker: Worker<K>, signal: AbortSignal, options: RunOptions = {}): Promise<void> {
    const onAbort = (): void => {
      this.#wake.resolve(undefined);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const workers = Array.from({ length: options.workers ?? 1 }, () => this.#work(worker, signal));
    await Promise.all(workers);
    signal.removeEventListener('abort', onAbort);
    for (const { cancel } of this.#delays.values()) cancel.abort();
    this.#delays.clear();
  }

  async #work(worker: Worker<K>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = this.#take();
      if (next === undefined) await this.#somethingNew();
      else await this.#process(next, worker, signal);
    }
  }

  #take(): { readonly key: K; readonly addedAt: number } | undefined {
    const first = this.#waiting.entries().next();
    if (first.done === true) return undefined;
    const [key, addedAt] = first.value;
    this.#waiting.delete(key);
    this.#running.add(key);
    this.#delays.get(key)?.cancel.abort();
    this.#delays.delete(key);
    return { key, addedAt };
  }

  async #somethingNew(): Promise<void> {
    const wake = this.#wake;
    await wake.promise;
    if (this.#wake === wake) this.#wake = Promise.withResolvers();
  }

  async #process(
    item: { readonly key: K; readonly addedAt: number },
    worker: Worker<K>,
    signal: AbortSignal,
  ): Promise<void> {
    const { key, addedAt } = item;
    const { clock } = this.#deps;
    const startedAt = clock.now();
    let failure: WeftError | undefined;
    try {
      const result = await worker(key, signal);
      this.#failures.delete(key);
      if (result !== undefined && !signal.aborted) this.addAfter(key, result.requeueAfterMs);
    } catch (error) {
      if (!signal.aborted) this.#fail(key, (failure = WeftError.from(error)));
    }
    this.#running.delete(key);
    if (this.#addedMeanwhile.delete(key)) this.add(key);
    const times = { waitedMs: startedAt - addedAt, tookMs: clock.now() - startedAt };
    this.#deps.onDone?.({ key, ...times, error: failure, waiting: this.#waiting.size });
  }

  #fail(key: K, error: WeftError): void {
    const { log, random, backOff = { baseMs: 50, maxMs: 300_000 } } = this.#deps;
    if (error.retry === 'never') {
      this.#failures.delete(key);
      log.error('work on a key failed for good', { key, code: error.code, error });
      return;
    }
    if (error.isDefect) {
      log.error('work on a key failed: a defect of Weft', { key, error, stack: stackOf(error) });
      this.addAfter(key, defectMs);
      return;
    }
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const waitMs = backOffMs(failures, backOff, random);
    log.warn('work on a key failed', { key, code: error.code, error, failures, waitMs });
    this.addAfter(key, waitMs);
  }
}

/** Where the defect is in the program. */
function stackOf({ cause }: WeftError): string | undefined {
  return cause instanceof Error ? cause.stack : undefined;
}
