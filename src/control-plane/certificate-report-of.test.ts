import { describe, expect, it } from '@jest/globals';
import { makeNamedRoot } from '../../test/support/builders/make-named-root.ts';
import { formatReport } from '../api/certificate-report.ts';
import { parseReport } from '../api/parse-report.ts';
import type { IssuingPlan } from '../certificates/issuing-plan.ts';
import { originKey, type Origin } from '../policy/origin.ts';
import type { ObjectEvidence } from '../xds/evidence/evidence.ts';
import { noEvidence } from '../xds/evidence/evidence-wire.ts';
import { joinEvidence } from '../xds/evidence/join.ts';
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
  setAside: string[] = [],
): ReportFacts {
  const own = {
    ...noEvidence,
    ...{ connected: 2, synced: 2, step: 5 },
    streams: new Map(['shop/a', 'shop/b'].map((pod) => [pod, { pod, opened: 1 }])),
    objects: new Map(entries),
  };
  return {
    plan,
    evidence: joinEvidence([own]),
    setAside,
    running: running.map((pod) => [pod, pod] as const),
    roots: { 'weft-root-1': { ready: true } },
    bootstraps: { since: 1_000, unserved: [] },
    health: { held: 2, waiting: 0, earliestExpiry: 9_000, failure: undefined },
  };
}

describe('the report on certificates', () => {
  it('counts the proxies that acknowledged the requested step', () => {
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

  it('counts no proxy for evidence of another step, or for no evidence', () => {
    const report = certificateReportOf(makeFacts([entry(trustOrigin, 4, {})]));
    const nobody = { acknowledged: 0, total: 2, waiting: ['shop/a', 'shop/b'] };
    expect(report.trust).toMatchObject(nobody);
    expect(report.leaves).toMatchObject(nobody);
    expect(report.channel).toMatchObject(nobody);
  });

  it('waits for a pod that runs and has no stream', () => {
    const running = ['shop/a', 'shop/b', 'shop/frozen'];
    const report = certificateReportOf(makeFacts([entry(trustOrigin, 5, {})], running));
    expect(report.trust).toEqual({
      ...{ step: 5, acknowledged: 2, total: 3, aside: 0 },
      waiting: ['shop/frozen'],
    });
  });

  it('counts all that are set aside, by name or namespace, and names the others', () => {
    const gone = Array.from({ length: 30 }, (_, index) => `evil/gone-${index}`);
    const trust = entry(trustOrigin, 5, { acknowledged: 1, aside: 1 });
    const facts = makeFacts([trust], [...gone, 'shop/a', 'shop/b', 'shop/c'], ['evil/*', 'shop/b']);
    const report = certificateReportOf(facts);
    expect(report.setAside).toEqual(['evil/*', 'shop/b']);
    expect(report.trust).toEqual({
      ...{ step: 5, acknowledged: 1, total: 33, aside: 31 },
      waiting: ['shop/c'],
    });
    // No stream was counted for this step yet: the names are known all the same.
    expect(report.leaves).toMatchObject({ acknowledged: 0, total: 33, aside: 31 });
  });

  it('does not wait for a stream whose pod no kubelet started', () => {
    const trust = entry(trustOrigin, 5, { acknowledged: 1, unstarted: 1 });
    expect(certificateReportOf(makeFacts([trust])).trust).toMatchObject({
      ...{ acknowledged: 1, total: 1, waiting: [] },
    });
  });

  it('names ten at the most', () => {
    const running = Array.from({ length: 30 }, (_, index) => `shop/gone-${index + 10}`);
    const { trust } = certificateReportOf(makeFacts([entry(trustOrigin, 5, {})], running));
    expect(trust).toMatchObject({ acknowledged: 2, total: 32 });
    expect(trust.waiting).toHaveLength(10);
  });
});
