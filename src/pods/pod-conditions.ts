// Input: the status of a pod. Output: what its conditions say of its node and its sandbox. Pure and total.
import { type Fields, records, text } from '../common/read.ts';
import { timeOf } from './kubelet-words.ts';

/** The condition of this type, when it has this status. */
export function conditionOf(
  status: Fields,
  type: string,
  value: 'True' | 'False',
): Fields | undefined {
  return (records(status['conditions']) ?? []).find(
    (condition) => condition['type'] === type && condition['status'] === value,
  );
}

/** When a node took the pod; undefined before that, and when the scheduler does not say. */
export function scheduledAt(status: Fields): number | undefined {
  return timeOf(conditionOf(status, 'PodScheduled', 'True')?.['lastTransitionTime']);
}

/** Whether the kubelet still has to set the pod up: for the first time, or again, as after a reboot. */
export function isWithoutSandbox(status: Fields): boolean {
  return conditionOf(status, 'PodReadyToStartContainers', 'False') !== undefined;
}

/**
 * Whether the node controller marked the pod not ready because its node does not answer. It leaves the other conditions
 * as the kubelet last wrote them. The kubelet itself writes this pair of conditions only for readiness gates, with the
 * reason ReadinessGatesNotReady.
 */
export function isNodeSilent(status: Fields): boolean {
  const unready = conditionOf(status, 'Ready', 'False');
  return (
    unready !== undefined &&
    text(unready['reason']) !== 'ReadinessGatesNotReady' &&
    conditionOf(status, 'ContainersReady', 'True') !== undefined
  );
}
