import { describe, expect, it } from '@jest/globals';
import type { Condition } from '../api/core.ts';
import { withTransitionTimes } from './condition.ts';

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
    const [condition] = withTransitionTimes([wanted], [before], now);
    expect(condition).toEqual({ ...wanted, lastTransitionTime: before.lastTransitionTime });
  });

  it('takes the time of a new status, and of a new condition', () => {
    const changed = { ...before, status: 'False' } as const;
    const fresh = { ...before, type: 'Programmed' };
    const times = withTransitionTimes([changed, fresh], [before], now);
    expect(times.map((c) => c.lastTransitionTime)).toEqual([now, now]);
  });
});
