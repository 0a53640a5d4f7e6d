import type { WantedCondition } from '../api/condition.ts';
import type { Condition } from '../api/core.ts';
import { integer, records, text } from '../common/read.ts';
import { maxMessageLength } from './policy-status.ts';

/** The conditions that Weft writes on a policy, of a list that may hold anything; in bounded size. */
export function keptConditions(list: unknown): readonly Condition[] {
  return ['Accepted', 'Programmed'].flatMap((type) => {
    const found = records(list)?.find((condition) => condition['type'] === type);
    return found === undefined ? [] : [conditionOf(type, found)];
  });
}

function conditionOf(type: string, found: Readonly<Record<string, unknown>>): Condition {
  const field = (name: string): string => cutMessage(found[name]) ?? '';
  const observedGeneration = integer(found['observedGeneration']);
  return {
    ...{ type, status: field('status') as Condition['status'], reason: field('reason') },
    ...{ message: field('message'), lastTransitionTime: field('lastTransitionTime') },
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
}

/** Whether every wanted condition is there as it should be; times do not count. */
export function haveConditions(
  wanted: readonly WantedCondition[],
  current: readonly Condition[] = [],
): boolean {
  return wanted.every((condition) => {
    const found = current.find(({ type }) => type === condition.type);
    return found !== undefined && shown(found) === shown(condition);
  });
}

function shown(condition: WantedCondition): string {
  return JSON.stringify(condition, ['type', 'status', 'reason', 'message', 'observedGeneration']);
}

/**
 * The text with one character more than Weft writes at most, so that a longer text compares as different. The copy is a
 * new string, so that it does not keep the long one in memory.
 */
export function cutMessage(value: unknown): string | undefined {
  const whole = text(value);
  if (whole === undefined || whole.length <= maxMessageLength) return whole;
  return Buffer.from(whole.slice(0, maxMessageLength + 1)).toString();
}
