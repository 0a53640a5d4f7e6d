import type { KubernetesObject } from '../api/core.ts';

type Aged = Pick<KubernetesObject, 'metadata' | 'kind'>;

/** The older first; of those of one time, by name, then kind. The time is the API server's word. */
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
 * Those that together with all older ones, left out or not, are larger than `most`: so none depends on a younger one,
 * and one that goes takes nothing from another. Whatever has no size stays.
 */
export function beyond<T extends Aged>(
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
