import { timestamp } from '../common/timestamp.ts';
import type { Condition } from './core.ts';

/** A condition as it should be, before its transition time is known. */
export type WantedCondition = Omit<Condition, 'lastTransitionTime'>;

/**
 * The wanted conditions with their times: a condition whose status did not change keeps the time it
 * had, as the Kubernetes API conventions ask. `now` is in milliseconds since the epoch.
 */
export function withTransitionTimes(
  wanted: readonly WantedCondition[],
  current: readonly Condition[],
  now: number,
): readonly Condition[] {
  return wanted.map((condition) => {
    const before = current.find((c) => c.type === condition.type);
    const kept = before?.status === condition.status ? before.lastTransitionTime : timestamp(now);
    return { ...condition, lastTransitionTime: kept };
  });
}

/** The conditions with `generation` as the observedGeneration of each. */
export function stamp(
  wanted: readonly Omit<WantedCondition, 'observedGeneration'>[],
  current: readonly Condition[],
  { generation, now }: { readonly generation: number; readonly now: number },
): readonly Condition[] {
  const observed = wanted.map((one) => ({ ...one, observedGeneration: generation }));
  return withTransitionTimes(observed, current, now);
}
