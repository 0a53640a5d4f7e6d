import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import { backOffMs, type Random } from '../../kubernetes/back-off.ts';
import { backOff, type IssueFailure, IssueFailures } from './issue-failures.ts';
import { issueLeaf } from './issue-leaf.ts';
import { IssueQueue } from './issue-queue.ts';
import type { Issuer, Leaf, LeafRequest } from '../issuer.ts';
import { Listeners } from '../../common/listeners.ts';
import { longestMoveMs, type Move, paceMove } from './move-pace.ts';
import { dateReason, type HeldLeaf, moveReason } from './renewal.ts';
import { isOver } from './wait-over.ts';
import { Wakeup } from '../../common/wakeup.ts';

export interface RotatorOptions<K extends string> {
  readonly issuer: Issuer;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** The content of a key's leaf; read at each issue, so that a change of settings takes effect. */
  readonly requestFor: (key: K) => LeafRequest;
}

/** The health of the leaves, for status and warnings. Times are milliseconds since the epoch. */
export interface LeafHealth {
  /** Leaves in use, and keys that have none yet. */
  readonly held: number;
  readonly waiting: number;
  /** When the first leaf in use expires; undefined while there is none. */
  readonly earliestExpiry: number | undefined;
  /** Present while issuing fails. */
  readonly failure: IssueFailure | undefined;
}

interface Entry {
  held: HeldLeaf | undefined;
  issuing: boolean;
  failures: number;
  /** A key that cannot have a leaf is tried again only then. */
  retryAt: number;
  /** Set while the leaf is good but has to be replaced. */
  move: Move | undefined;
}

/** The facts that one scan compares every leaf with. */
interface Moment {
  readonly now: number;
  /** The current signer. */
  readonly signer: string | undefined;
}

/** The rotator notices a step of the wall clock within this time. */
const longestWaitMs = 5_000;
/** Minimum interval between scans of all leaves. It grows with their number, so that scans take about 3 % of a core. */
const shortestWaitMs = 20;
const looksPerMs = 20;
const parallel = 8;
const sliceMs = 10;

/**
 * Keeps one good leaf per key: issues on first need, renews in time, and moves leaves to another signer gradually.
 * Backs off while the issuer fails, and keeps the leaves that it has. Works in slices of 10 ms, so that the event
 * loop stays free (docs/decisions/0052).
 */
export class Rotator<K extends string> {
  readonly #options: RotatorOptions<K>;
  readonly #entries = new Map<K, Entry>();
  readonly #queue = new IssueQueue<K>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #wakeup = new Wakeup();
  readonly #listeners: Listeners<readonly K[]>;
  #changed: K[] = [];
  /** When the next scan of all leaves is due. */
  #lookAt = 0;
  #sliceStart = 0;
  readonly #failures: IssueFailures<K>;

  constructor(options: RotatorOptions<K>) {
    this.#options = options;
    this.#failures = new IssueFailures(options);
    this.#listeners = new Listeners(options.logger);
  }

  /** The leaf in use; undefined until there is one. The first call for a key starts its issue. */
  leafOf(key: K): Leaf | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) return entry.held?.leaf;
    const nothing = { held: undefined, issuing: false, failures: 0, retryAt: 0, move: undefined };
    this.#entries.set(key, nothing);
    this.#queue.add(key, { urgent: true });
    this.#wakeup.wake();
    return undefined;
  }

  /** Calls back with keys whose leaf was replaced. Returns a function that stops this. */
  onChange(callback: (keys: readonly K[]) => void): () => void {
    return this.#listeners.add(callback);
  }

  /** Forgets every key that is not in `keys`. */
  retain(keys: ReadonlySet<K>): void {
    for (const key of this.#entries.keys()) {
      if (keys.has(key)) continue;
      this.#entries.delete(key);
      this.#queue.delete(key);
      this.#failures.recovered(key);
    }
  }

  /** Checks every leaf now: call it when settings changed. */
  review(): void {
    this.#lookAt = 0;
    this.#wakeup.wake();
  }

  health(): LeafHealth {
    const ends = [...this.#entries.values()].flatMap(({ held }) => held?.leaf.notAfter ?? []);
    return {
      held: ends.length,
      waiting: this.#entries.size - ends.length,
      earliestExpiry: ends.length === 0 ? undefined : Math.min(...ends),
      failure: this.#failures.last,
    };
  }

  /** The keys that have a leaf, and those that wait for their first one. */
  keys(): { readonly held: readonly K[]; readonly waiting: readonly K[] } {
    const keys: { held: K[]; waiting: K[] } = { held: [], waiting: [] };
    for (const [key, { held }] of this.#entries)
      (held === undefined ? keys.waiting : keys.held).push(key);
    return keys;
  }

  /** Runs until the signal aborts and all work that it started has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const { issuer, clock } = this.#options;
    const stopListening = issuer.onChange(() => {
      this.#failures.issuerWorks();
      this.review();
    });
    while (!signal.aborted) {
      if (isOver(this.#lookAt, clock.now(), longestWaitMs)) this.#queueDue();
      this.#startNext(signal);
      await this.#endSlice();
      await this.#wakeup.wait(this.#waitMs(), clock, signal);
    }
    stopListening();
    await Promise.allSettled(this.#tasks);
  }

  #queueDue(): void {
    const moment = this.#moment();
    const { now } = moment;
    let next = now + longestWaitMs;
    for (const [key, entry] of this.#entries) {
      if (entry.issuing) continue;
      const at = this.#queueIfDue(key, entry, moment);
      if (at > now) next = Math.min(next, at);
    }
    this.#lookAt = Math.max(next, now + Math.max(shortestWaitMs, this.#entries.size / looksPerMs));
  }

  #moment(): Moment {
    const { clock, issuer } = this.#options;
    return { now: clock.now(), signer: issuer.authority()?.signer };
  }

  /** Queues a key that is due, removes a key that is no longer due, and returns when the key is due. */
  #queueIfDue(key: K, entry: Entry, moment: Moment): number {
    const { now } = moment;
    if (!isOver(entry.retryAt, now, backOff.maxMs)) return entry.retryAt;
    if (entry.held === undefined || dateReason(entry.held, now) !== undefined) {
      this.#queue.add(key, { urgent: true });
      return now;
    }
    entry.move = this.#moveOf(key, entry.held, { ...moment, before: entry.move });
    if (entry.move !== undefined && isOver(entry.move.at, now, longestMoveMs)) {
      this.#queue.add(key, { urgent: false });
      return now;
    }
    this.#queue.delete(key);
    this.#failures.recovered(key);
    return Math.min(entry.move?.at ?? entry.held.renewAt, entry.held.renewAt);
  }

  /** The move that the leaf needs; undefined when the leaf is as requested. */
  #moveOf(
    key: K,
    held: HeldLeaf,
    { before, ...moment }: Moment & { readonly before: Move | undefined },
  ): Move | undefined {
    const { subject, keyKind } = this.#options.requestFor(key);
    const facts = { ...moment, subject, keyKind };
    if (moveReason(held, facts) === undefined) return undefined;
    const { random } = this.#options;
    return paceMove(before, { ...facts, leaves: this.#entries.size, random });
  }

  #startNext(signal: AbortSignal): void {
    const room = this.#room();
    while (this.#tasks.size < room) {
      const key = this.#queue.take();
      if (key === undefined) return;
      const entry = this.#entries.get(key);
      if (entry !== undefined) this.#start(key, entry, signal);
    }
  }

  /** How many requests may run at once. An issuer without an authority gets none; it reports its first authority. */
  #room(): number {
    if (this.#options.issuer.authority() === undefined) return 0;
    return this.#failures.parallelLimit(parallel);
  }

  #start(key: K, entry: Entry, signal: AbortSignal): void {
    entry.issuing = true;
    const task = this.#issue(key, entry, signal).finally(() => {
      entry.issuing = false;
      this.#tasks.delete(task);
      this.#wakeup.wake();
    });
    this.#tasks.add(task);
  }

  async #issue(key: K, entry: Entry, signal: AbortSignal): Promise<void> {
    try {
      const request = this.#options.requestFor(key);
      const held = await issueLeaf(request, this.#options, signal);
      if (this.#entries.get(key) !== entry) return;
      entry.held = held;
      entry.move = undefined;
      entry.failures = 0;
      this.#failures.issuerWorks();
      this.#failures.recovered(key);
      this.#changed.push(key);
    } catch (thrown) {
      if (signal.aborted || this.#entries.get(key) !== entry) return;
      this.#failed(key, entry, WeftError.from(thrown));
    }
  }

  #failed(key: K, entry: Entry, error: WeftError): void {
    const { clock, random, logger } = this.#options;
    const { code, message } = error;
    entry.failures++;
    this.#failures.add(key, error);
    if (code === 'configuration-invalid') {
      entry.retryAt = clock.now() + backOffMs(entry.failures, backOff, random);
    } else {
      this.#lookAt = Math.min(this.#lookAt, this.#queueIfDue(key, entry, this.#moment()));
      this.#failures.issuerFailed();
    }
    const expires = entry.held && new Date(entry.held.leaf.notAfter).toISOString();
    logger.warn('certificate not issued', { for: key, code, problem: message, expires });
  }

  /** Reports the changed leaves and yields to the event loop, once per slice. */
  async #endSlice(): Promise<void> {
    const spent = performance.now() - this.#sliceStart;
    if (this.#queue.size === 0 || spent > sliceMs) this.#notify();
    if (spent <= sliceMs) return;
    await nextTurn();
    this.#sliceStart = performance.now();
  }

  #notify(): void {
    const keys = this.#changed;
    if (keys.length === 0) return;
    this.#changed = [];
    this.#listeners.notify(keys);
  }

  #waitMs(): number {
    const now = this.#options.clock.now();
    const retryAt = this.#queue.size > 0 ? this.#failures.retryAt : undefined;
    const next = Math.min(this.#lookAt, retryAt ?? this.#lookAt);
    return Math.min(Math.max(next - now, 0), longestWaitMs);
  }
}
