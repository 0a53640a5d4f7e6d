import { describe, expect, it } from '@jest/globals';
import type { CertificatePlan } from '../api/certificate-plan.ts';
import type { CertificateReport, AckCounts } from '../api/certificate-report.ts';
import type { SwitchFacts } from './evidence.ts';
import { type Decision, type Intent, nextPlan, type Rotation } from './next-plan.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const atRest: CertificatePlan = {
  step: 1,
  signer: 'old',
  signerStep: 1,
  serverSigner: 'old',
  serverStep: 1,
  trusted: ['old'],
  trustedStep: 1,
};
/** Both are trusted, the old one signs. */
const both: CertificatePlan = {
  ...atRest,
  step: 3,
  trusted: ['old', 'new'],
  trustedStep: 3,
  candidate: 'new',
};
const patience = { bundlePropagationMs: 100_000, setAsideAfterMs: 600_000, setAside: [] };
const intent: Intent = { target: 'new', keep: [] };

function all(step: number, waiting: readonly string[] = [], total = 3): AckCounts {
  return { step, acknowledged: total - waiting.length, total, waiting };
}

/** A report by which everything about this plan is proven. */
function reportOf(plan: CertificatePlan, but: Partial<CertificateReport> = {}): CertificateReport {
  return {
    step: plan.step,
    complete: true,
    roots: { old: { ready: true }, new: { ready: true } },
    trust: all(plan.trustedStep),
    leaves: all(plan.signerStep),
    channel: all(plan.serverStep),
    bootstraps: { step: plan.trustedStep, since: now - 200_000 },
    health: { held: 3, waiting: 0 },
    ...but,
  };
}

function decide(
  plan: CertificatePlan,
  but: Partial<SwitchFacts> = {},
  rotation?: Rotation,
): Decision {
  const facts: SwitchFacts = {
    now,
    report: reportOf(plan),
    pinned: new Set(['old', 'new']),
    webhooksTrust: true,
    gateway: true,
    patience,
    ...but,
  };
  const gateway = { ...gatewaySecret, trustedStep: plan.trustedStep, signerStep: plan.signerStep };
  const report = facts.report && { gateway, ...facts.report };
  return nextPlan({ plan, intent, facts: { ...facts, report }, rotation });
}

const gatewaySecret = { namespace: 'gateways', name: 'gateway-cert' };

describe('nextPlan', () => {
  it('takes one step after the other when all is proven, and then rests', () => {
    const seen: string[] = [];
    let plan = atRest;
    let rotation: Rotation | undefined;
    do {
      ({ plan, rotation } = decide(plan, {}, rotation));
      const { step, signer, serverSigner, trusted } = plan;
      seen.push(`${step} ${signer} ${serverSigner} ${trusted.join('+')} ${rotation?.phase}`);
    } while (rotation !== undefined);
    expect(seen).toEqual([
      '2 old old old Preflight',
      '3 old old old+new TrustBoth',
      '4 new old old+new SignNew',
      '5 new new old+new Settle',
      '6 new new new DropOld',
      '6 new new new undefined',
    ]);
    expect(decide(plan).plan).toBe(plan);
  });

  it.each<readonly [string, Partial<CertificateReport>, string]>([
    ['a replica is late', { step: 2 }, 'not every replica of the control plane has begun'],
    ['a replica cannot be asked', { complete: false }, 'a replica of the control plane cannot be'],
    ['counts are of another step', { trust: all(2) }, 'the proxies are not counted for this step'],
    ['a proxy has not answered', { trust: all(3, ['a/b']) }, '2 of 3 proxies have acknowledged'],
    ['bootstraps lag behind', { bootstraps: { step: 2, since: 0 } }, 'not every namespace'],
    ['no bootstrap is told of', { bootstraps: undefined }, 'not every namespace'],
    [
      'the gateway lags behind',
      { gateway: { ...gatewaySecret, trustedStep: 2, signerStep: 1 } },
      'ingress gateway',
    ],
    ['the target broke again', { roots: { new: { ready: false } } }, 'Weft is probing new'],
  ])('does not sign with the target while %s', (_, but, lack) => {
    const { plan, evidence } = decide(both, { report: reportOf(both, but) });
    expect(plan).toBe(both);
    expect(evidence.lacks.join('; ')).toContain(lack);
  });

  it('does not sign with the target while the webhooks do not trust it, or without a report', () => {
    expect(decide(both, { webhooksTrust: false }).plan).toBe(both);
    expect(decide(both, { report: undefined }).plan).toBe(both);
  });

  it('does not trust a root that is not in its record', () => {
    const tried = { ...atRest, step: 2, candidate: 'new' };
    expect(decide(tried, { pinned: new Set(['old']) }).plan).toBe(tried);
    expect(decide(tried).plan.trusted).toEqual(['old', 'new']);
  });

  it("reports the issuer's reason why the target cannot sign", () => {
    const tried = { ...atRest, step: 2, candidate: 'new' };
    const trouble = { code: 'x', message: 'the role does not exist', since: now };
    const roots = { new: { ready: false, trouble } };
    const { evidence } = decide(tried, { report: reportOf(tried, { roots }) });
    expect(evidence.lacks).toEqual([
      'new has been unable to sign since 2026-01-01T12:00:00Z: the role does not exist',
    ]);
  });

  it("leaves the server's certificate alone until kubelets had their time, and says when", () => {
    const signs = { ...atRest, trusted: both.trusted, trustedStep: 3, step: 4 };
    const signing = { ...signs, signer: 'new', signerStep: 4 };
    const bootstraps = { step: 3, since: now - 99_999 };
    const { plan, evidence } = decide(signing, { report: reportOf(signing, { bootstraps }) });
    expect([plan.serverSigner, evidence.until]).toEqual(['old', now + 1]);
    expect(evidence.lacks.join('; ')).toMatch(
      /^kubelets have 100 s, until \d{4}-.*, to bring the roots to running pods/,
    );
  });

  it.each<readonly [string, number, readonly string[], AckCounts, string]>([
    ['too early', 599_999, ['a/b'], all(3, ['a/b']), 'old'],
    ['in time', 600_000, ['a/b'], all(3, ['a/b']), 'new'],
    ['twice', 600_000, ['a/b', 'a/b'], all(3, ['a/b', 'a/c']), 'old'],
    ['a pod that is not waiting', 600_000, ['a/x'], all(3, ['a/b']), 'old'],
    [
      'one, while more wait than are named',
      600_000,
      ['a/b'],
      { step: 3, acknowledged: 1, total: 3, waiting: ['a/b'] },
      'old',
    ],
    ['all of a namespace', 600_000, ['e/*'], all(3, ['e/1', 'e/2']), 'new'],
    ['no other namespace', 600_000, ['e/*'], all(3, ['e2/1', 'e/2']), 'old'],
    [
      'more than are named, as the control plane counts them',
      600_000,
      ['e/*'],
      { step: 3, acknowledged: 20, total: 32, aside: 12, waiting: [] },
      'new',
    ],
    [
      'not all, while one more waits',
      600_000,
      ['e/*'],
      { step: 3, acknowledged: 19, total: 32, aside: 12, waiting: ['a/b'] },
      'old',
    ],
  ])('sets aside %s', (...[, ago, setAside, trust, signer]) => {
    const rotation = { to: 'new', phase: 'TrustBoth', since: now - ago } as const;
    const report = reportOf(both, { trust, setAside });
    const facts = { report, patience: { ...patience, setAside } };
    expect(decide(both, facts, rotation).plan.signer).toBe(signer);
  });

  it('sets no pod aside while the control plane uses another list', () => {
    const rotation = { to: 'new', phase: 'TrustBoth', since: now - 600_000 } as const;
    const trust = { step: 3, acknowledged: 20, total: 32, aside: 12, waiting: [] };
    const report = reportOf(both, { trust, setAside: ['e/*'] });
    const facts = { report, patience: { ...patience, setAside: ['other/*'] } };
    expect(decide(both, facts, rotation).plan.signer).toBe('old');
  });

  it('begins its wait again in each phase and for each target', () => {
    const report = reportOf(both, { trust: all(3, ['a/b']) });
    const since = now - 1000;
    const sinceFor = (to: string, phase: Rotation['phase']): number | undefined =>
      decide(both, { report }, { to, phase, since }).rotation?.since;
    expect(sinceFor('new', 'TrustBoth')).toBe(since);
    expect(sinceFor('other', 'TrustBoth')).toBe(now);
    expect(sinceFor('new', 'Preflight')).toBe(now);
  });
});
