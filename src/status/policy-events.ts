import type { Condition } from '../api/core.ts';
import type { Occurrence } from '../kubernetes/event-object.ts';
import type { WantedCondition } from '../api/condition.ts';
import type { WantedStatus } from './wanted-status.ts';

type Seen = Pick<WantedCondition, 'type' | 'status' | 'reason' | 'message'>;

/**
 * Whether something is wrong with the object: all or a part of it is left out, or it is probably not as its author
 * meant it.
 */
function isBad({ type, status, reason }: Seen): boolean {
  if (type === 'Accepted') return reason !== 'Accepted';
  return status === 'False' && reason !== 'Pending' && reason !== 'NotAccepted';
}

/** The type of Event for a change of one condition: `Warning` when something is wrong, `Normal` when that is over. */
function eventTypeOf(before: Seen | undefined, now: Seen): 'Warning' | 'Normal' | undefined {
  if (isBad(now)) return before?.message === now.message ? undefined : 'Warning';
  return before !== undefined && isBad(before) && now.status === 'True' ? 'Normal' : undefined;
}

const actions: Readonly<Record<string, string>> = { Accepted: 'Compile', Programmed: 'Program' };

/** The Events for a newly written status, given the conditions that it replaced. */
export function policyEvents(
  { object, kind, status }: WantedStatus,
  before: readonly Condition[],
): readonly Occurrence[] {
  return status.conditions.flatMap((condition) => {
    const type = eventTypeOf(
      before.find((c) => c.type === condition.type),
      condition,
    );
    if (type === undefined) return [];
    const { reason, message } = condition;
    const action = actions[condition.type] ?? condition.type;
    return [{ regarding: { ...object, kind: kind.kind }, type, reason, action, note: message }];
  });
}
