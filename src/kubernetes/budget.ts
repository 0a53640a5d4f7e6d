// Input: the weight of each object of some kinds. Output: which of them are kept. Rule: what is kept of a namespace is
// bounded, in bytes and in number. The choice follows from the objects alone, so that every replica keeps the same
// ones (docs/decisions/0115).
import type { StoreKey } from './store.ts';

export interface BudgetLimits {
  /** The heaviest object that is kept, in bytes. */
  readonly ofObject: number;
  /** All that is kept of a namespace, in bytes. */
  readonly ofNamespace: number;
  /** How many objects of a namespace are known at all: the oldest. */
  readonly count: number;
}

/**
 * `kept`: as it is; `small`: only its identity, because it is too heavy or too young to have room; `unknown`: not at
 * all.
 */
export type Verdict = 'kept' | 'small' | 'unknown';

export interface Weighed {
  readonly kind: string;
  readonly key: StoreKey;
  readonly namespace: string;
  /** Older objects come first; RFC 3339. */
  readonly created: string;
  readonly weight: number;
}

/** Holds the objects of one kind. */
export interface Holder {
  /** The verdict on this object has changed. */
  applyVerdict(key: StoreKey, verdict: Verdict): void;
  /** Objects that were unknown may now have room. */
  relist(): void;
}

interface Entry extends Weighed {
  readonly id: string;
  verdict: Verdict;
}

interface Share {
  /** The oldest first. */
  entries: Entry[];
  weight: number;
  /** How many are too heavy by themselves. */
  heavy: number;
  /** Whether all objects are kept. Then no decision is needed while there is room. */
  whole: boolean;
  /** Whether an object was seen that is not among the entries. */
  overflown: boolean;
}

/** Shares of one budget, one for each namespace. */
export class NamespaceBudget {
  readonly limits: BudgetLimits;
  readonly #holders = new Map<string, Holder>();
  readonly #shares = new Map<string, Share>();
  readonly #known = new Map<string, Entry>();
  #dirty = new Map<string, Entry>();
  #crowded: readonly string[] = [];

  constructor(limits: BudgetLimits) {
    this.limits = limits;
  }

  attach(kind: string, holder: Holder): void {
    this.#holders.set(kind, holder);
  }

  /** Namespaces with more objects than are known; the same list while they are the same. */
  get crowded(): readonly string[] {
    return this.#crowded;
  }

  /** Takes in an object in its present state. The next `settle` reports what this changes for other objects. */
  enter(weighed: Weighed): Verdict {
    const id = idOf(weighed.kind, weighed.key);
    this.#remove(id);
    const share = this.#shareOf(weighed.namespace);
    const entry: Entry = { ...weighed, id, verdict: 'kept' };
    insert(share.entries, entry);
    this.#count(share, entry, 1);
    this.#known.set(id, entry);
    this.#decide(share);
    this.#dirty.delete(id);
    return entry.verdict;
  }

  /** The object is gone. */
  leave(kind: string, key: StoreKey): void {
    const entry = this.#remove(idOf(kind, key));
    if (entry === undefined) return;
    const share = this.#shareOf(entry.namespace);
    this.#decide(share);
    if (share.overflown && share.entries.length < 0.9 * this.limits.count) {
      share.overflown = false;
      this.#crowded = this.#crowded.filter((namespace) => namespace !== entry.namespace);
      for (const holder of this.#holders.values()) holder.relist();
    }
    if (share.entries.length === 0 && !share.overflown) this.#shares.delete(entry.namespace);
  }

  /** Drops every object of this kind that is not in `keys`. */
  retain(kind: string, keys: { has(key: StoreKey): boolean }): void {
    for (const entry of [...this.#known.values()]) {
      if (entry.kind === kind && !keys.has(entry.key)) this.leave(kind, entry.key);
    }
  }

  /** Reports changed verdicts to the holders. */
  settle(): void {
    if (this.#dirty.size === 0) return;
    const dirty = this.#dirty;
    this.#dirty = new Map();
    for (const { kind, key, verdict } of dirty.values())
      this.#holders.get(kind)?.applyVerdict(key, verdict);
  }

  #shareOf(namespace: string): Share {
    const known = this.#shares.get(namespace);
    if (known !== undefined) return known;
    const share: Share = { entries: [], weight: 0, heavy: 0, whole: true, overflown: false };
    this.#shares.set(namespace, share);
    return share;
  }

  #remove(id: string): Entry | undefined {
    const entry = this.#known.get(id);
    if (entry === undefined) return undefined;
    this.#known.delete(id);
    this.#dirty.delete(id);
    const share = this.#shareOf(entry.namespace);
    share.entries.splice(placeOf(share.entries, entry), 1);
    this.#count(share, entry, -1);
    return entry;
  }

  #count(share: Share, { weight }: Entry, sign: 1 | -1): void {
    share.weight += sign * weight;
    if (weight > this.limits.ofObject) share.heavy += sign;
  }

  /** Keeps each object that has room, oldest first. */
  #decide(share: Share): void {
    const { ofNamespace, ofObject, count } = this.limits;
    for (const last of share.entries.splice(count)) {
      this.#count(share, last, -1);
      if (!share.overflown) this.#crowded = [...this.#crowded, last.namespace].sort();
      share.overflown = true;
      this.#known.delete(last.id);
      this.#setVerdict(last, 'unknown');
    }
    if (share.whole && share.heavy === 0 && share.weight <= ofNamespace) return;
    let room = ofNamespace;
    share.whole = true;
    for (const entry of share.entries) {
      const fits = entry.weight <= ofObject && entry.weight <= room;
      if (fits) room -= entry.weight;
      else share.whole = false;
      this.#setVerdict(entry, fits ? 'kept' : 'small');
    }
  }

  #setVerdict(entry: Entry, verdict: Verdict): void {
    if (entry.verdict === verdict) return;
    entry.verdict = verdict;
    this.#dirty.set(entry.id, entry);
  }
}

function idOf(kind: string, key: StoreKey): string {
  return `${kind} ${key}`;
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.created === other.created ? one.id < other.id : one.created < other.created;
}

/** Where the entry is among sorted ones, or would be. */
function placeOf(entries: readonly Entry[], entry: Entry): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = entries[middle];
    if (there !== undefined && isBefore(there, entry)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert(entries: Entry[], entry: Entry): void {
  entries.splice(placeOf(entries, entry), 0, entry);
}
