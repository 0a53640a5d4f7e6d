// Input: a pod as the API server gives it. Output: whether its containers ended for good. Rule: the node reports that
// the containers ended before it writes the phase. Unlike a phase, this cannot be changed back: where restartPolicy is
// Never, the API server lets no terminated container run again.
import { isRecord } from '../common/guards.ts';
import { type Fields, fieldsOf, records, text } from '../common/read.ts';

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

/** Whether the container has its own restart rule, so that it may start again although the pod's others do not. */
function hasRuleOfItsOwn(container: Fields): boolean {
  return container['restartPolicy'] !== undefined || container['restartPolicyRules'] !== undefined;
}
