import { onceFor } from '../common/once-for.ts';
import type { AccessRule } from './access.ts';

type Http = AccessRule['http'];

let last = 0;
const numberOf = onceFor((_match: object): number => {
  last += 1;
  return last;
});
const keyOf = onceFor((http: readonly object[]): string => http.map(numberOf).join(' '));

/**
 * A key that is equal for two rules if they allow the very same requests: their matches are the same objects in the
 * same order. Valid within this process only.
 */
export function httpKey(http: Http): string {
  return http === 'all' ? http : keyOf(http);
}
