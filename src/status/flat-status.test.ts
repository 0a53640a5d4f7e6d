import { describe, expect, it } from '@jest/globals';
import { makeTcpRoute } from '../../test/support/builders/make-policy.ts';
import { makeTarget, wanted, written } from '../../test/support/builders/status-story.ts';
import { flatStatus } from './flat-status.ts';
import type { WantedPolicyStatus } from './policy-status.ts';
import { shownPorts } from './policy-statuses.ts';
import type { KeptStatus } from './kept-status.ts';

function isUpToDate(status: WantedPolicyStatus, current: KeptStatus): boolean {
  return flatStatus.isUpToDate(status, current, makeTarget('a').object);
}

describe('a flat status', () => {
  it('does not look at times', () => expect(isUpToDate(wanted, written)).toBe(true));
  it('sees a missing status', () => expect(isUpToDate(wanted, {})).toBe(false));
  it('sees another count', () =>
    expect(isUpToDate(wanted, { ...written, acknowledged: 0 })).toBe(false));
  it('sees other ports, and ports that are no longer shown', () => {
    expect(isUpToDate({ ...wanted, ports: 'all' }, written)).toBe(false);
    expect(isUpToDate(wanted, { ...written, ports: 'all' })).toBe(false);
  });
  it('needs no write for what was written and kept, of whatever kind', () => {
    const many = Array.from({ length: 4_096 }, (_, at) => 60_000 + at);
    const route = makeTcpRoute({ ports: many });
    const { ports: shown } = shownPorts('TCPRoute', route);
    for (const ports of [undefined, 'all', '80,443', shown]) {
      const all = { ...wanted, ...(ports !== undefined && { ports }) };
      const conditions = written.conditions;
      expect(isUpToDate(all, flatStatus.keep({ status: { ...all, conditions } }) ?? {})).toBe(true);
    }
  });
  it('sees another message', () => {
    const conditions = written.conditions.map((c) => ({ ...c, message: 'other' }));
    expect(isUpToDate(wanted, { ...written, conditions })).toBe(false);
  });
  it('keeps nothing of a status that another writer made', () => {
    expect(flatStatus.keep({ status: { conditions: written.conditions } })).toBeUndefined();
    expect(flatStatus.keep({ status: 'none' })).toBeUndefined();
    expect(flatStatus.keep({})).toBeUndefined();
  });
});
