import { describe, expect, it } from '@jest/globals';
import type { Condition } from '../api/core.ts';
import { policyKinds } from '../api/policy-kinds.ts';
import type { WantedCondition } from '../api/condition.ts';
import { flatStatus } from './flat-status.ts';
import { policyEvents } from './policy-events.ts';
import type { WantedStatus } from './wanted-status.ts';

function makeCondition(more: Partial<WantedCondition> = {}): WantedCondition {
  return { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'fine', ...more };
}

function makeWanted(condition: WantedCondition): WantedStatus {
  const metadata = { namespace: 'shop', name: 'cart', generation: 1 };
  const status = { observedGeneration: 1, inForce: '', acknowledged: 0, total: 0, rejected: 0 };
  return {
    kind: policyKinds.TrafficTarget,
    object: { apiVersion: 'access.smi-spec.io/v1alpha3', kind: 'TrafficTarget', metadata },
    shape: flatStatus,
    status: { ...status, conditions: [condition] },
  };
}

const bad = makeCondition({ status: 'False', reason: 'RouteMissing', message: 'no route' });
const remark = makeCondition({ reason: 'TargetWithoutPods', message: 'no pods' });
const pending = makeCondition({ type: 'Programmed', status: 'False', reason: 'Pending' });

const rows: readonly (readonly [string, WantedCondition | undefined, WantedCondition, string[]])[] =
  [
    ['new and well', undefined, makeCondition(), []],
    ['new and broken', undefined, bad, ['Warning RouteMissing']],
    ['still broken in the same way', bad, bad, []],
    ['broken in another way', bad, { ...bad, message: 'other' }, ['Warning RouteMissing']],
    ['mended', bad, makeCondition(), ['Normal Accepted']],
    ['new and hardly as meant', undefined, remark, ['Warning TargetWithoutPods']],
    ['still hardly as meant', remark, remark, []],
    ['as meant now', remark, makeCondition(), ['Normal Accepted']],
    ['on its way', undefined, pending, []],
    ['arrived', pending, { ...pending, status: 'True', reason: 'Acknowledged' }, []],
    ['not accepted, said elsewhere', undefined, { ...pending, reason: 'NotAccepted' }, []],
  ];

describe('policyEvents', () => {
  for (const [title, before, now, expected] of rows) {
    it(title, () => {
      const conditions: Condition[] =
        before === undefined ? [] : [{ ...before, lastTransitionTime: '2026-01-01T00:00:00Z' }];
      const events = policyEvents(makeWanted(now), conditions);
      expect(events.map((event) => `${event.type} ${event.reason}`)).toEqual(expected);
    });
  }
});
