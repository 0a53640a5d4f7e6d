import type { Clock } from '../common/clock.ts';
import { type Pace, TokenBucket } from '../common/token-bucket.ts';
import { FairQueue } from './fair-queue.ts';
import { Turns } from './turns.ts';

/** A write that waits. */
export interface Waiting {
  readonly key: string;
  readonly namespace: string;
  /** Whether it is a change for the worse, for which an author must not have to wait. */
  readonly isUrgent: boolean;
}

/** The pace limits the load on the API server, which sends every write to all watchers. */
const paces = {
  urgent: { burst: 20, intervalMs: 100 },
  other: { burst: 20, intervalMs: 200 },
} as const satisfies Readonly<Record<string, Pace>>;
/** Once the pace is reached, the next write may come after this many milliseconds at the soonest. */
export const soonestMs = paces.urgent.intervalMs;

/**
 * The waiting writes and their order (docs/decisions/0125). Changes for the worse have their own pace, so a thousand
 * other writes do not delay them, nor the other way round. In each of the two lanes namespaces take turns, and within a
 * namespace the object that was not taken for longest comes first: an object that changes all the time, or cannot be
 * written, delays no other.
 */
export class StatusBacklog<T extends Waiting> {
  readonly #urgent: Lane<T>;
  readonly #other: Lane<T>;
  #lanes: readonly Lane<T>[];

  constructor(clock: Pick<Clock, 'now'>) {
    this.#urgent = new Lane(clock, paces.urgent);
    this.#other = new Lane(clock, paces.other);
    this.#lanes = [this.#urgent, this.#other];
  }

  get size(): number {
    return this.#urgent.size + this.#other.size;
  }

  /** Takes over the current writes, in place of all earlier ones. */
  follow(all: readonly T[]): void {
    this.#urgent.follow(all.filter(({ isUrgent }) => isUrgent));
    this.#other.follow(all.filter(({ isUrgent }) => !isUrgent));
    this.#lanes = [this.#urgent, this.#other];
  }

  /** Takes the next write; undefined when nothing waits, or the pace allows none yet. */
  take(): T | undefined {
    for (const lane of this.#lanes) {
      const next = lane.take();
      if (next === undefined) continue;
      // The other lane is next: a slow API server may have time for fewer writes than the two paces allow.
      this.#lanes = [...this.#lanes.filter((one) => one !== lane), lane];
      return next;
    }
    return undefined;
  }
}

class Lane<T extends Waiting> {
  readonly #bucket: TokenBucket;
  readonly #turns = { namespaces: new Turns(), keys: new Turns() };
  #waiting: ReadonlyMap<string, T> = new Map();
  #queue = new FairQueue();

  constructor(clock: Pick<Clock, 'now'>, pace: Pace) {
    this.#bucket = new TokenBucket(clock, pace);
  }

  get size(): number {
    return this.#queue.size;
  }

  follow(all: readonly T[]): void {
    const { namespaces, keys } = this.#turns;
    const sorted = all.toSorted(
      (a, b) =>
        namespaces.last(a.namespace) - namespaces.last(b.namespace) ||
        keys.last(a.key) - keys.last(b.key),
    );
    this.#queue = new FairQueue();
    this.#waiting = new Map(sorted.map((one) => [one.key, one]));
    for (const { namespace, key } of sorted) this.#queue.add(namespace, key);
  }

  take(): T | undefined {
    if (this.#queue.size === 0 || !this.#bucket.take()) return undefined;
    const next = this.#waiting.get(this.#queue.take() ?? '');
    if (next === undefined) return undefined;
    this.#turns.namespaces.pass(next.namespace);
    this.#turns.keys.pass(next.key);
    return next;
  }
}
