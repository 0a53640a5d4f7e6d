/** Whether a value that came from outside is a T. */
export type Guard<T> = (value: unknown) => value is T;

export const isString: Guard<string> = (value) => typeof value === 'string';
export const isBoolean: Guard<boolean> = (value) => typeof value === 'boolean';
/** JSON has no NaN, but 1e999 is read as Infinity. */
export const isNumber: Guard<number> = (value): value is number => Number.isFinite(value);
/** A count: a whole number, zero or more. */
export const isCount: Guard<number> = (value): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
const longestTimeMs = 8.64e15;
/** Milliseconds since the epoch, within the range of a Date. */
export const isTime: Guard<number> = (value): value is number =>
  isNumber(value) && Math.abs(value) <= longestTimeMs;

export function oneOf<T>(...values: readonly T[]): Guard<T> {
  return (value): value is T => (values as readonly unknown[]).includes(value);
}

/** An object with these fields. The type makes sure that every field of T has a guard. */
export function has<T>(fields: { readonly [Field in keyof T]-?: Guard<T[Field]> }): Guard<T> {
  const guards = Object.entries<Guard<unknown>>(fields);
  return (value): value is T =>
    isRecord(value) && guards.every(([name, guard]) => guard(value[name]));
}

export function optional<T>(guard: Guard<T>): Guard<T | undefined> {
  return (value) => value === undefined || guard(value);
}

export function eachOf<T>(guard: Guard<T>): Guard<Readonly<Record<string, T>>> {
  return (value): value is Readonly<Record<string, T>> =>
    isRecord(value) && Object.values(value).every(guard);
}

export const isList: Guard<readonly unknown[]> = (value) => Array.isArray(value);

export function listOf<T>(guard: Guard<T>): Guard<readonly T[]> {
  return (value): value is readonly T[] => isList(value) && value.every(guard);
}

/** A list of two. */
export function pairOf<A, B>(first: Guard<A>, second: Guard<B>): Guard<readonly [A, B]> {
  return (value): value is readonly [A, B] =>
    isList(value) && value.length === 2 && first(value[0]) && second(value[1]);
}

/** A string of that form. */
export function matching(form: RegExp): Guard<string> {
  return (value): value is string => isString(value) && form.test(value);
}

/** An object, neither null nor a list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses JSON. Returns the value if the guard accepts it as a T, otherwise undefined. Never throws. */
export function parseGuarded<T>(text: string | undefined, guard: Guard<T>): T | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return guard(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
