import type { KubernetesObject } from '../api/core.ts';

type Aged = Pick<KubernetesObject, 'metadata' | 'kind'>;

/** Compares by age, the older first; objects of the same age by name, then kind. The API server sets the time. */
export function byAge(one: Aged, other: Aged): number {
  return (
    compare(ageOf(one), ageOf(other)) ||
    compare(one.metadata.name, other.metadata.name) ||
    compare(one.kind, other.kind)
  );
}

/** When it was made, by RFC 3339; an object without such a time counts as the youngest. */
export function ageOf({ metadata }: Pick<Aged, 'metadata'>): string {
  const { creationTimestamp: time } = metadata as { readonly creationTimestamp?: unknown };
  return typeof time === 'string' && /^\d{4}-\d\d-\d\dT/.test(time) ? time : '~';
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/**
 * The objects that exceed `most`: an object's size and the sizes of all older objects, left out or not, are more than
 * `most`. So no object depends on a younger one, and the removal of an object never causes another to be left out. An
 * object of size 0 stays.
 */
export function findExcess<T extends Aged>(
  sized: readonly (readonly [T, number])[],
  most: number,
): readonly (readonly [T, number])[] {
  const whole = sized.reduce((sum, [, size]) => sum + size, 0);
  if (whole <= most) return [];
  let sum = 0;
  return [...sized]
    .sort(([a], [b]) => byAge(a, b))
    .filter(([, size]) => {
      sum += size;
      return size > 0 && sum > most;
    });
}
