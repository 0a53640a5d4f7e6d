import { describe, expect, it } from '@jest/globals';
import { toldAt } from '../../test/support/stories/certificate-stories.ts';
import {
  condition,
  goodConditions,
  meshConfigWith,
} from '../../test/support/stories/certificate-statuses.ts';
import { timestamp } from '../common/timestamp.ts';
import type { HeartbeatFact } from './certificate-facts.ts';
import { conditionProblems } from './condition-problems.ts';
import type { Problem } from './problem.ts';

const ago = (seconds: number): string => timestamp(toldAt - seconds * 1000);
const reported = (seconds: number): HeartbeatFact => ({ kind: 'reported', at: ago(seconds) });
const never: HeartbeatFact = { kind: 'not-reported' };
const hidden: HeartbeatFact = { kind: 'not-readable', why: 'you may not' };

const gone = condition('ControlPlaneAvailable', 'False/NotAvailable', '0 of 2 replicas.');
const moving = condition('Reconciling', 'True/Rotating', 'On the way.');
const without = goodConditions.filter(({ type }) => type !== gone.type);

function problems(
  looked: number,
  heartbeat: HeartbeatFact,
  conditions = goodConditions,
): readonly Problem[] {
  const meshConfig = meshConfigWith({ lastCheckedTime: ago(looked), conditions });
  return conditionProblems({ meshConfig, heartbeat }, toldAt);
}

const away = 'held operator-away';
const failing = 'failing control-plane-away';
const doubtful = 'unknown control-plane-away';
const bad = [...without, gone];

describe('heartbeats', () => {
  // Seconds since the operator looked, since the control plane reported; its conditions; what is wrong.
  it.each([
    ['both at work', 60, reported(30), goodConditions, []],
    ['both at the end of their time', 120, reported(90), goodConditions, []],
    ['times of a clock that is ahead', -600, reported(-600), goodConditions, []],
    ['no operator', 121, reported(90), goodConditions, [away]],
    ['neither', 121, reported(91), goodConditions, [away, failing]],
    ['a control plane that is silent', 60, reported(91), goodConditions, [doubtful]],
    ['one that is silent and has no replica', 60, reported(91), bad, [failing]],
    ['one that just went', 60, reported(30), bad, [failing]],
    ['one that came after the operator went', 600, reported(30), bad, [away]],
    ['no operator, and no heartbeat of the other', 121, never, goodConditions, [away, doubtful]],
    ['the same, and the last word was bad', 121, never, bad, [away, failing]],
    ['no operator, and no right', 121, hidden, goodConditions, [away, doubtful]],
    ['no right, which does not matter while the operator watches', 60, hidden, goodConditions, []],
    ['nothing on its way without an operator', 121, reported(30), [...bad, moving], [away]],
    ['neither, and a move that was begun', 121, reported(91), [...bad, moving], [away, failing]],
  ])('%s', (...[, looked, heartbeat, conditions, expected]) => {
    const found = problems(looked, heartbeat, conditions);
    expect(found.map(({ severity, code }) => `${severity} ${code}`)).toEqual(expected);
  });

  it('are shown with times, meaning and next step', () => {
    const [operator, controlPlane] = problems(149, reported(100));
    expect(operator?.message).toMatch(
      /^The operator last reported at 2026-11-24T11:57:31Z, more than/,
    );
    expect(operator?.remedy).toMatch(/: kubectl get deployment -n weft-system weft-operator$/);
    expect(controlPlane?.message).toMatch(
      /^The control plane last reported at 2026-11-24T11:58:20Z,/,
    );
    expect(controlPlane?.remedy).toMatch(/: kubectl get pods -n weft-system$/);
  });

  it('that cannot be read: why', () => {
    expect(problems(121, hidden).at(-1)?.message).toMatch(/: you may not\.$/);
    expect(problems(121, never).at(-1)?.message).toMatch(
      /: ConfigMap weft-proxies has no heartbeat/,
    );
  });
});
