import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './figures.ts';
import type { LoadTarget } from './load-proxy.ts';
import { cpuSeconds } from './process-figures.ts';

export type ToWorker =
  | { readonly kind: 'connect'; readonly target: LoadTarget; readonly tokens: readonly string[] }
  /** The file of roots changed; it counts for connections from now on. */
  | { readonly kind: 'trust'; readonly ca: string }
  | { readonly kind: 'expect'; readonly mark: string }
  | { readonly kind: 'give-up' }
  | { readonly kind: 'loop' }
  | { readonly kind: 'stop' };

export type FromWorker =
  | { readonly kind: 'ready'; readonly readyAt: readonly number[]; readonly failures: number }
  | { readonly kind: 'expecting' }
  | {
      readonly kind: 'seen';
      readonly received: readonly number[];
      readonly acknowledged: readonly number[];
      readonly bytes: number;
      readonly sample: string | undefined;
    }
  | { readonly kind: 'loop'; readonly p99: number; readonly max: number };

/** What all proxies together saw of one change. */
export interface Seen {
  readonly received: readonly number[];
  readonly acknowledged: readonly number[];
  readonly missing: number;
  readonly bytesPerProxy: number;
  readonly sample: Buffer | undefined;
}

/** Many proxies connecting at once. */
export interface Storm {
  readonly load: Load;
  /** Until the last had everything. */
  readonly ms: number;
  /** Streams that failed and came back. */
  readonly failures: number;
  /** What the proxies' side took. */
  readonly clientCpuSeconds: number;
}

/** Proxies spread over worker processes. */
export class Load {
  readonly #workers: readonly ChildProcess[];
  readonly #proxies: number;

  private constructor(workers: readonly ChildProcess[], proxies: number) {
    this.#workers = workers;
    this.#proxies = proxies;
  }

  /** Connects them all at once; resolves when the last has everything. */
  static async connect(
    target: LoadTarget,
    tokens: readonly string[],
    workers: number,
  ): Promise<Storm> {
    const children = Array.from({ length: workers }, () =>
      fork(new URL('load-worker.ts', import.meta.url), {
        execArgv: ['--disable-warning=ExperimentalWarning'],
        serialization: 'advanced',
      }),
    );
    await Promise.all(children.map((child) => once(child, 'spawn')));
    const load = new Load(children, tokens.length);
    // Loading the program is no part of the storm.
    await load.#all('loop', () => ({ kind: 'loop' }));
    const cpuBefore = await load.#cpuSeconds();
    const started = now();
    const ready = await load.#all('ready', (index) => ({
      kind: 'connect',
      target,
      tokens: tokens.filter((_, at) => at % workers === index),
    }));
    const last = Math.max(...ready.flatMap(({ readyAt }) => readyAt));
    const failures = ready.reduce((sum, one) => sum + one.failures, 0);
    const clientCpuSeconds = (await load.#cpuSeconds()) - cpuBefore;
    return { load, ms: last - started, failures, clientCpuSeconds };
  }

  /** Gives proxies other roots to judge the server by when they connect again. */
  trust(ca: string): void {
    for (const worker of this.#workers) worker.send({ kind: 'trust', ca } satisfies ToWorker);
  }

  /** Makes a change and waits until every proxy has seen it, or for `timeoutMs`. */
  async see(mark: string, change: () => Promise<void>, timeoutMs = 20_000): Promise<Seen> {
    await this.#all('expecting', () => ({ kind: 'expect', mark }));
    const seen = this.#all('seen');
    await change();
    const done = new AbortController();
    void sleep(timeoutMs, undefined, { signal: done.signal }).then(
      () => this.#workers.forEach((worker) => worker.send({ kind: 'give-up' })),
      () => undefined,
    );
    const parts = await seen;
    done.abort();
    const received = parts.flatMap((part) => part.received);
    return {
      received,
      acknowledged: parts.flatMap((part) => part.acknowledged),
      missing: this.#proxies - received.length,
      bytesPerProxy: parts.reduce((sum, part) => sum + part.bytes, 0) / this.#proxies,
      sample: parts
        .map((part) => part.sample)
        .filter((sample) => sample !== undefined)
        .map((sample) => Buffer.from(sample, 'base64'))[0],
    };
  }

  /** The longest that the workers themselves were late: it is part of every latency above. */
  async loopDelay(): Promise<{ readonly p99: number; readonly max: number }> {
    const all = await this.#all('loop', () => ({ kind: 'loop' }));
    return {
      p99: Math.max(...all.map(({ p99 }) => p99)),
      max: Math.max(...all.map(({ max }) => max)),
    };
  }

  /** What the workers have used so far. */
  async #cpuSeconds(): Promise<number> {
    const each = await Promise.all(this.#workers.map(({ pid = 0 }) => cpuSeconds(pid)));
    return each.reduce((sum, one) => sum + one, 0);
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#workers.map(async (worker) => {
        const gone = once(worker, 'exit');
        worker.send({ kind: 'stop' } satisfies ToWorker);
        await gone;
      }),
    );
  }

  /** Sends something to each worker, if anything, and awaits an answer of that kind from each. */
  #all<K extends FromWorker['kind']>(
    kind: K,
    message?: (index: number) => ToWorker,
  ): Promise<readonly Extract<FromWorker, { kind: K }>[]> {
    return Promise.all(
      this.#workers.map(
        (worker, index) =>
          new Promise<Extract<FromWorker, { kind: K }>>((resolve) => {
            const onMessage = (answer: FromWorker): void => {
              if (answer.kind !== kind) return;
              worker.off('message', onMessage);
              resolve(answer as Extract<FromWorker, { kind: K }>);
            };
            worker.on('message', onMessage);
            if (message !== undefined) worker.send(message(index));
          }),
      ),
    );
  }
}
