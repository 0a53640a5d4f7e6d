// Input: the status of a pod. Output: what the pod waits for before its sidecar runs. Pure and total.
import { fieldsOf, type Fields, flag, integer, records, text } from '../../cluster/read.ts';
import { endOf, saying } from './kubelet-words.ts';

/** `hard`: the kubelet says that it cannot go on. `soft`: it may be on its way. */
export interface Held {
  readonly kind: 'hard' | 'soft' | 'unscheduled';
  readonly why: string;
}

/** Undefined when the pod tells of nothing that it waits for. `statuses` are those of its init containers. */
export function heldBy(status: Fields, statuses: readonly Fields[]): Held | undefined {
  const conditions = records(status['conditions']) ?? [];
  const unmet = (type: string): Fields | undefined =>
    conditions.find((one) => one['type'] === type && one['status'] === 'False');
  const unscheduled = unmet('PodScheduled');
  if (unscheduled !== undefined) {
    const why = `no node takes it: ${saying(text(unscheduled['message']) ?? '')}`;
    return { kind: 'unscheduled', why };
  }
  const current = statuses.find((one) => !isDone(one));
  const held = current && heldContainer(current);
  if (held !== undefined && held.kind === 'hard') return held;
  if (unmet('PodReadyToStartContainers') !== undefined) {
    return { kind: 'soft', why: 'its volumes or its network are not there yet' };
  }
  return held;
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

function heldContainer(status: Fields): Held | undefined {
  const name = text(status['name']) ?? '';
  const state = fieldsOf(status['state']);
  const ended = fieldsOf(state['terminated'] ?? fieldsOf(status['lastState'])['terminated']);
  const waiting = fieldsOf(state['waiting']);
  const reason = text(waiting['reason']);
  if (reason !== undefined) {
    if (onItsWay.has(reason)) return { kind: 'soft', why: `container ${name} has not started` };
    const exit = integer(ended['exitCode']);
    const said = text(waiting['message']) ?? '';
    const detail = exit === undefined ? said : endOf(ended);
    return { kind: 'hard', why: `container ${name}: ${reason}${detail && `, ${saying(detail)}`}` };
  }
  if (state['terminated'] !== undefined) {
    return { kind: 'hard', why: `container ${name} ended: ${endOf(ended)}` };
  }
  return { kind: 'soft', why: `container ${name} runs and is not ready` };
}
