// Input: the status of a pod. Output: what the pod waits for before its sidecar runs. Pure and total.
import { fieldsOf, type Fields, flag, integer, text } from '../common/read.ts';
import { describeEnd, cleanText } from './kubelet-words.ts';
import { conditionOf, isWithoutSandbox } from './pod-conditions.ts';

/**
 * `hard`: the kubelet says that it cannot go on. `soft`: the pod may still be starting. `gated`: scheduling gates keep
 * it from all nodes, on purpose and for as long as their owner wants.
 */
export interface PodHold {
  readonly kind: 'hard' | 'soft' | 'unscheduled' | 'gated';
  readonly why: string;
}

/** Why the pod waits; undefined when its status names no reason. `statuses` are those of its init containers. */
export function findHold(status: Fields, statuses: readonly Fields[]): PodHold | undefined {
  const unscheduled = conditionOf(status, 'PodScheduled', 'False');
  if (unscheduled !== undefined) {
    const kind = text(unscheduled['reason']) === 'SchedulingGated' ? 'gated' : 'unscheduled';
    return {
      kind,
      why: `it cannot be scheduled: ${cleanText(text(unscheduled['message']) ?? '')}`,
    };
  }
  const current = statuses.find((one) => !isDone(one));
  const held = current && heldContainer(current);
  const isSetUp = !isWithoutSandbox(status);
  // A container that ended with the earlier sandbox says nothing about the next sandbox.
  if (held?.kind === 'hard' && (isSetUp || !hasEnded(current))) return held;
  if (isSetUp) return held;
  return { kind: 'soft', why: 'its volumes or its network are not ready yet' };
}

function hasEnded(status: Fields | undefined): boolean {
  return fieldsOf(status?.['state'])['terminated'] !== undefined;
}

/** An init container that ended well, or a sidecar that started. */
function isDone(status: Fields): boolean {
  const ended = fieldsOf(status['state'])['terminated'];
  return (
    (ended !== undefined && integer(fieldsOf(ended)['exitCode']) === 0) ||
    flag(status['started']) === true
  );
}

const onItsWay = new Set(['PodInitializing', 'ContainerCreating']);

function heldContainer(status: Fields): PodHold | undefined {
  const name = text(status['name']) ?? '';
  const state = fieldsOf(status['state']);
  const ended = fieldsOf(state['terminated'] ?? fieldsOf(status['lastState'])['terminated']);
  const waiting = fieldsOf(state['waiting']);
  const reason = text(waiting['reason']);
  if (reason !== undefined) {
    if (onItsWay.has(reason)) return { kind: 'soft', why: `container ${name} has not started` };
    const exit = integer(ended['exitCode']);
    const message = text(waiting['message']) ?? '';
    const detail = exit === undefined ? message : describeEnd(ended);
    return {
      kind: 'hard',
      why: `container ${name}: ${reason}${detail && `, ${cleanText(detail)}`}`,
    };
  }
  if (state['terminated'] !== undefined) {
    return { kind: 'hard', why: `container ${name} ended: ${describeEnd(ended)}` };
  }
  return { kind: 'soft', why: `container ${name} runs and is not ready` };
}
