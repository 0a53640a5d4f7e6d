import type { Condition } from '../api/core.ts';

/** A condition as it should be, before its transition time is known. */
export type WantedCondition = Omit<Condition, 'lastTransitionTime'>;

/**
 * The wanted conditions with their times: a condition whose status did not change keeps the time it
 * had, as the Kubernetes API conventions ask. `now` is RFC 3339.
 */
export function withTransitionTimes(
  wanted: readonly WantedCondition[],
  current: readonly Condition[],
  now: string,
): readonly Condition[] {
  return wanted.map((condition) => {
    const before = current.find((c) => c.type === condition.type);
    const kept = before?.status === condition.status ? before.lastTransitionTime : now;
    return { ...condition, lastTransitionTime: kept };
  });
}
