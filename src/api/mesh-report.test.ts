import { describe, expect, it } from '@jest/globals';
import { makeFinding, makeReport } from '../../test/support/builders/make-report.ts';
import { findingKinds, formatMeshReport, parseMeshReport } from './mesh-report.ts';

const every = makeReport({ findings: findingKinds.map((kind) => makeFinding(kind)) });

describe('case H: a report between versions', () => {
  it('is read as it was written, the gravest first', () => {
    expect(parseMeshReport(formatMeshReport(every))).toEqual(every);
  });

  it('has no kind among its findings that the first version takes for nonsense', () => {
    const { findings } = JSON.parse(formatMeshReport(every)) as typeof every;
    expect(findings.map(({ kind }) => kind)).toEqual([
      'replica-unreachable',
      'server-certificate',
      'certificate-refused',
      'sidecar-crashing',
      'sidecar-stuck',
      'sidecar-lost',
      'without-sidecar',
      'pod-left-out',
      'sidecar-restarted',
      'service-not-served',
      'namespace-left-out',
    ]);
  });

  it('is read from a version that knows no other findings', () => {
    const report = makeReport({ findings: [makeFinding('sidecar-lost')] });
    expect(parseMeshReport(JSON.stringify(report))).toEqual(report);
  });

  it('is read without names of a kind that only a newer version knows', () => {
    const text = formatMeshReport(makeReport({ late: 1, findings: [makeFinding('proxy-late')] }));
    const newer = text.replace('proxy-late', 'proxy-of-the-future');
    expect(parseMeshReport(newer)).toEqual(makeReport({ late: 1 }));
  });
});
