import { describe, expect, it } from '@jest/globals';
import { ReportPulse } from './report-pulse.ts';

const noon = Date.parse('2026-01-02T12:00:00Z');
/** A report of so many seconds before noon. */
const made = (secondsBefore: number): string => new Date(noon - secondsBefore * 1000).toISOString();

describe('the pulse of the report', () => {
  it('is not missed while there is no report, nor a time in it', () => {
    const pulse = new ReportPulse();
    expect(pulse.silentSince(noon)).toBeUndefined();
    pulse.observe(made(500), noon);
    pulse.observe(undefined, noon);
    expect(pulse.silentSince(noon + 1e6)).toBeUndefined();
  });

  it('is missed at once when the first report that is seen is old', () => {
    const pulse = new ReportPulse();
    pulse.observe('2026-01-02T00:00:00Z', noon);
    for (const seconds of [0, 60, 89, 91])
      expect(pulse.silentSince(noon + seconds * 1000)).toBe('2026-01-02T00:00:00Z');
  });

  it('is there again with the first report of another time, whatever that time is', () => {
    const pulse = new ReportPulse();
    pulse.observe(made(500), noon);
    pulse.observe(made(500), noon + 1000);
    expect(pulse.silentSince(noon + 1000)).toBe('2026-01-02T11:51:40Z');
    pulse.observe(made(470), noon + 2000);
    expect(pulse.silentSince(noon + 2000)).toBeUndefined();
    expect(pulse.silentSince(noon + 91_999)).toBeUndefined();
    expect(pulse.silentSince(noon + 92_000)).toBe('2026-01-02T11:52:10Z');
  });

  it.each([
    { what: 'a clock that is a minute ahead of ours', report: made(-60) },
    { what: 'a clock that is a minute behind ours', report: made(60) },
    { what: 'no clock at all', report: 'tomorrow' },
  ])('has its time by our clock when the first report is by $what', ({ report }) => {
    const pulse = new ReportPulse();
    pulse.observe(report, noon);
    expect(pulse.silentSince(noon)).toBeUndefined();
    expect(pulse.silentSince(noon + 89_000)).toBeUndefined();
    const since = report === 'tomorrow' ? made(0) : report;
    expect(pulse.silentSince(noon + 90_000)).toBe(since.replace('.000Z', 'Z'));
  });
});
