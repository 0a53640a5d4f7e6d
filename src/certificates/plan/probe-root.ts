import type { RootReport } from '../../api/certificate-report.ts';
import type { Issuer } from '../issuer.ts';
import { probe, type ProbeOptions } from './probe.ts';
import { rootReportOf } from './root-report-of.ts';

/** Has a root's issuer sign a probe, and returns the result as a RootReport. */
export async function probeRoot(
  issuer: Issuer,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<RootReport> {
  const found = await probe(issuer, options, signal);
  if (found.ok) {
    const { authority, notes } = found;
    return { ...rootReportOf(authority, undefined), ...(notes.length > 0 && { notes }) };
  }
  const { code, message } = found;
  return rootReportOf(undefined, { code, message, since: options.clock.now() });
}
