import { describe, expect, it } from '@jest/globals';
import { makeNamedRoot } from '../../../test/build/make-named-root.ts';
import { formatReport } from '../../api/certificate-report.ts';
import { parseReport } from '../../api/parse-report.ts';
import type { IssuingPlan } from '../../certificates/issuing-plan.ts';
import { originKey, type Origin } from '../../policy/origin.ts';
import type { ObjectEvidence } from '../../xds/server/evidence.ts';
import { joinEvidence } from '../../xds/server/join.ts';
import { certificateReportOf, type ReportFacts } from './certificate-report-of.ts';
import { leafOrigin, trustOrigin } from './workload-secrets.ts';

const root = makeNamedRoot('weft-root-1', 'PEM');
const plan: IssuingPlan = {
  step: 5,
  ...{ signer: root, signerStep: 1 },
  ...{ serverSigner: root, serverStep: 1 },
  ...{ trusted: [root], trustedStep: 5 },
  candidate: undefined,
};

function entry(
  origin: Omit<Origin, 'generation'>,
  generation: number,
  more: Partial<ObjectEvidence>,
): readonly [ReturnType<typeof originKey>, ObjectEvidence] {
  const object = {
    origin: { ...origin, generation },
    ...{ total: 2, acknowledged: 2, rejected: 0, rejections: [], waiting: [] },
    ...more,
  };
  return [originKey(origin), object];
}

function makeFacts(
  entries: readonly ReturnType<typeof entry>[],
  running: string[] = [],
): ReportFacts {
  const own = {
    ...{ connected: 2, synced: 2, rejected: 0, step: 5 },
    pods: new Set(['shop/a', 'shop/b']),
    objects: new Map(entries),
  };
  return {
    plan,
    evidence: joinEvidence([own]),
    running,
    roots: { 'weft-root-1': { ready: true } },
    bootstrapsSince: 1_000,
    health: { held: 2, waiting: 0, earliestExpiry: 9_000, failure: undefined },
  };
}

describe('the report on certificates', () => {
  it('counts who acknowledged the step that is asked for', () => {
    const report = certificateReportOf(
      makeFacts([
        entry(trustOrigin, 5, { acknowledged: 1, waiting: ['shop/b'] }),
        entry(leafOrigin, 1, {}),
      ]),
    );
    expect(report).toMatchObject({
      step: 5,
      complete: true,
      trust: { step: 5, acknowledged: 1, total: 2, waiting: ['shop/b'] },
      leaves: { step: 1, acknowledged: 2, total: 2, waiting: [] },
      bootstraps: { step: 5, since: 1_000 },
      health: { held: 2, earliestExpiry: 9_000 },
    });
    expect(parseReport(formatReport(report))).toEqual(report);
  });

  it('counts nobody for evidence of another step, or for none', () => {
    const report = certificateReportOf(makeFacts([entry(trustOrigin, 4, {})]));
    const nobody = { acknowledged: 0, total: 2, waiting: ['shop/a', 'shop/b'] };
    expect(report.trust).toMatchObject(nobody);
    expect(report.leaves).toMatchObject(nobody);
    expect(report.channel).toMatchObject(nobody);
  });

  it('waits for a pod that runs and has no stream', () => {
    const running = ['shop/a', 'shop/b', 'shop/frozen'];
    const report = certificateReportOf(makeFacts([entry(trustOrigin, 5, {})], running));
    expect(report.trust).toEqual({ step: 5, acknowledged: 2, total: 3, waiting: ['shop/frozen'] });
  });

  it('names ten at the most', () => {
    const running = Array.from({ length: 30 }, (_, index) => `shop/gone-${index + 10}`);
    const { trust } = certificateReportOf(makeFacts([entry(trustOrigin, 5, {})], running));
    expect(trust).toMatchObject({ acknowledged: 2, total: 32 });
    expect(trust.waiting).toHaveLength(10);
  });
});
