import type { Condition } from '../api/core.ts';
import { fieldsOf, integer, records, text } from '../common/read.ts';
import { longestSaid, type PolicyStatus, statusNumbers, statusTexts } from './policy-status.ts';

/**
 * The part of a status that the status writer compares with, in bounded size, whatever its writer put in; undefined
 * without a status.
 */
export function keptStatus(status: unknown): Partial<PolicyStatus> | undefined {
  if (status === undefined || status === null) return undefined;
  const fields = fieldsOf(status);
  const kept: readonly (readonly [string, string | number | undefined])[] = [
    ...statusNumbers.map((name) => [name, integer(fields[name])] as const),
    ...statusTexts.map((name) => [name, cut(fields[name])] as const),
  ].filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(kept),
    conditions: ['Accepted', 'Programmed'].flatMap((type) => {
      const found = records(fields['conditions'])?.find((one) => one['type'] === type);
      return found === undefined ? [] : [conditionOf(type, found)];
    }),
  };
}

function conditionOf(type: string, found: Readonly<Record<string, unknown>>): Condition {
  const said = (name: string): string => cut(found[name]) ?? '';
  const observedGeneration = integer(found['observedGeneration']);
  return {
    ...{ type, status: said('status') as Condition['status'], reason: said('reason') },
    ...{ message: said('message'), lastTransitionTime: said('lastTransitionTime') },
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
}

/**
 * Keeps one character more than Weft writes, so that a longer text compares as different. The copy is a new string, so
 * that it does not keep the long one in memory.
 */
function cut(value: unknown): string | undefined {
  const whole = text(value);
  if (whole === undefined || whole.length <= longestSaid) return whole;
  return Buffer.from(whole.slice(0, longestSaid + 1)).toString();
}
