import type { CountedStreams } from './streams.ts';
import { evidenceOf, type StandingOf } from './evidence-of.ts';
import { changeBetween, noEvidence } from './evidence-wire.ts';
import type { Evidence } from './evidence.ts';

/**
 * The shortest time between two counts; without changes there is no count. When a count takes long, as while a
 * thousand proxies connect, counts take at most a tenth of the time, but come at least every `slowestMs`.
 */
const throttleMs = 250;
const costFactor = 10;
const slowestMs = 1_500;
/** When more streams than this are behind, as while many connect, `current` may return an older count. */
const exactUpTo = 64;

type Listener = (evidence: Evidence) => void;

/** Keeps the evidence of this process current and reports it to listeners. */
export class EvidenceWatch {
  readonly #listeners = new Set<Listener>();
  readonly #facts: () => string;
  readonly #standingOf: StandingOf;
  #connections: CountedStreams | undefined;
  #current: Evidence = noEvidence;
  #step = 0;
  #stale = false;
  #costMs = 0;
  #countedAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  /**
   * `facts`: further statements of the process; `standingOf`: the standing of a proxy that is behind. Both are called at
   * each count, so call `touch` when their results change.
   */
  constructor(facts: () => string = () => '', standingOf: StandingOf = () => 'counts') {
    this.#facts = facts;
    this.#standingOf = standingOf;
  }

  /** Names the streams to count; before that there is no evidence. */
  attach(connections: CountedStreams): void {
    this.#connections = connections;
  }

  /** Publications from now on belong to this step. */
  published(step: number): void {
    this.#step = step;
    this.touch();
  }

  /**
   * Exact at the time of the call while most streams are in sync; otherwise at most `slowestMs` old, and watchers are
   * called with newer evidence. The same object as before while nothing changed.
   */
  current(): Evidence {
    const isCrowded = (this.#connections?.unsettled.size ?? 0) > exactUpTo;
    if (isCrowded && performance.now() - this.#countedAt < this.#pauseMs) return this.#current;
    return this.#count();
  }

  get #pauseMs(): number {
    return Math.min(slowestMs, Math.max(throttleMs, this.#costMs * costFactor));
  }

  #count(): Evidence {
    if (this.#stale && this.#connections !== undefined) {
      this.#stale = false;
      const started = performance.now();
      const next = evidenceOf(this.#connections, {
        step: this.#step,
        facts: this.#facts(),
        standingOf: this.#standingOf,
      });
      this.#countedAt = performance.now();
      this.#costMs = this.#countedAt - started;
      if (changeBetween(this.#current, next) !== undefined) this.#current = next;
    }
    return this.#current;
  }

  /** Call this after a change that evidence may depend on. */
  touch(): void {
    this.#stale = true;
    if (this.#listeners.size === 0) return;
    this.#timer ??= setTimeout(() => this.#notify(), this.#pauseMs).unref();
  }

  /** Calls back, now and then after each change, until the returned function is called. */
  watch(listener: Listener): () => void {
    let last = this.#count();
    const wrapped: Listener = (evidence) => {
      if (evidence === last) return;
      last = evidence;
      listener(evidence);
    };
    this.#listeners.add(wrapped);
    listener(last);
    return () => this.#listeners.delete(wrapped);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
  }

  #notify(): void {
    this.#timer = undefined;
    const evidence = this.#count();
    for (const listener of this.#listeners) listener(evidence);
  }
}
