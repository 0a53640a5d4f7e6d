import { deepEqual } from './equal.ts';

/** A result with the inputs it was made from. */
export interface Remembered<T> {
  readonly inputs: readonly unknown[];
  readonly value: T;
}

/**
 * The previous result when every input is the very same object. Otherwise a new result, which keeps the previous value
 * if the new value equals it.
 */
export function remember<T>(
  previous: Remembered<T> | undefined,
  inputs: readonly unknown[],
  make: () => T,
): Remembered<T> {
  if (previous !== undefined && sameItems(previous.inputs, inputs)) return previous;
  return { inputs, value: share(previous?.value, make()) };
}

/** `before` when it equals `after`. */
export function share<T>(before: T | undefined, after: T): T {
  return before !== undefined && deepEqual(before, after) ? before : after;
}

/**
 * `after`, with entries equal to those of `before` taken from `before`; `before` itself if all are equal, in the same
 * order.
 */
export function shareMap<K, V>(
  before: ReadonlyMap<K, V> | undefined,
  after: ReadonlyMap<K, V>,
): ReadonlyMap<K, V> {
  if (before === undefined) return after;
  const shared = new Map<K, V>();
  for (const [key, value] of after) shared.set(key, share(before.get(key), value));
  return sameEntries(before, shared) ? before : shared;
}

export function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => Object.is(item, b[index]));
}

/** Whether two maps hold the very same values under the same keys in the same order. */
export function sameEntries<K, V>(a: ReadonlyMap<K, V>, b: ReadonlyMap<K, V>): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  const others = b.entries();
  for (const [key, value] of a) {
    const other = others.next().value;
    if (other === undefined || other[0] !== key || other[1] !== value) return false;
  }
  return true;
}

/** Objects that are in one map only or differ between the maps: the old object and the new one. */
export function changedItems<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
): readonly T[] {
  if (before === after) return [];
  const changed: T[] = [];
  for (const [name, item] of before) if (after.get(name) !== item) changed.push(item);
  for (const [name, item] of after) if (before.get(name) !== item) changed.push(item);
  return changed;
}

/** Whether two sets have something in common; costs the smaller of the two. */
export function intersects<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  for (const item of small) if (large.has(item)) return true;
  return false;
}
