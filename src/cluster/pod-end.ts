// Input: a pod as the API server gives it. Output: whether its containers ended for good. Rule: its node says so
// before it writes the phase, and nobody can take it back afterwards, as somebody may do with a phase: where
// restartPolicy is Never, the API server lets no container that ended run again.
import { isRecord } from '../common/guards.ts';
import { type Fields, fieldsOf, records, text } from './read.ts';

/** Whether all containers of a pod ended and its restartPolicy starts none again. Total. */
export function hasEnded(pod: Fields): boolean {
  const spec = fieldsOf(pod['spec']);
  const containers = records(spec['containers']) ?? [];
  const statuses = records(fieldsOf(pod['status'])['containerStatuses']) ?? [];
  return (
    text(spec['restartPolicy']) === 'Never' &&
    containers.length > 0 &&
    !containers.some(hasRuleOfItsOwn) &&
    statuses.length >= containers.length &&
    statuses.every((status) => isRecord(fieldsOf(status['state'])['terminated']))
  );
}

/** A container may be started again although the pod's others are not. */
function hasRuleOfItsOwn(container: Fields): boolean {
  return container['restartPolicy'] !== undefined || container['restartPolicyRules'] !== undefined;
}
