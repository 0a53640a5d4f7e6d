import { describe, expect, it } from '@jest/globals';
import type { Condition } from './core.ts';
import { stamp, withTransitionTimes } from './condition.ts';

const before: Condition = {
  type: 'Accepted',
  status: 'True',
  reason: 'Accepted',
  message: 'fine',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};
const now = '2026-02-02T00:00:00Z';

describe('withTransitionTimes', () => {
  it('keeps the time while the status stays, whatever the words', () => {
    const wanted = { type: 'Accepted', status: 'True', reason: 'Other', message: 'new' } as const;
    const [condition] = withTransitionTimes([wanted], [before], Date.parse(now));
    expect(condition).toEqual({ ...wanted, lastTransitionTime: before.lastTransitionTime });
  });

  it('takes the time of a new status, and of a new condition', () => {
    const changed = { ...before, status: 'False' } as const;
    const fresh = { ...before, type: 'Programmed' };
    const times = withTransitionTimes([changed, fresh], [before], Date.parse(now));
    expect(times.map((c) => c.lastTransitionTime)).toEqual([now, now]);
  });
});

describe('stamp', () => {
  it('gives each condition the generation it was seen at, in whole seconds', () => {
    const wanted = { type: 'Ready', status: 'True', reason: 'Ready', message: 'up' } as const;
    const turned = { ...wanted, type: 'Other' } as const;
    const old = [{ ...before, type: 'Ready' }];
    const at = { generation: 7, now: Date.parse(now) + 900 };
    expect(stamp([wanted, turned], old, at)).toEqual([
      { ...wanted, observedGeneration: 7, lastTransitionTime: before.lastTransitionTime },
      { ...turned, observedGeneration: 7, lastTransitionTime: now },
    ]);
  });
});
