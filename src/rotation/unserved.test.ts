import { describe, expect, it } from '@jest/globals';
import type { CertificatePlan } from '../api/certificate-plan.ts';
import type { CertificateReport, UnservedNamespace } from '../api/certificate-report.ts';
import { proveBootstraps, proveTrust, type SwitchFacts } from './evidence.ts';

const now = 1_800_000_000_000;
const plan: CertificatePlan = {
  ...{ step: 3, signer: 'old', signerStep: 1, serverSigner: 'old', serverStep: 1 },
  ...{ trusted: ['old', 'new'], trustedStep: 3 },
};
const all = { step: 3, acknowledged: 5, total: 5, waiting: [] };
const mean: UnservedNamespace = {
  ...{ namespace: 'mean', reason: 'exceeded quota: none' },
  ...{ pods: ['mean/a', 'mean/b'], total: 2 },
};

function factsOf(unserved: readonly UnservedNamespace[], setAside: readonly string[] = []) {
  const report: CertificateReport = {
    ...{ step: 3, complete: true, roots: {}, trust: all, leaves: all, channel: all },
    bootstraps: { step: 3, since: now - 200_000, unserved },
    health: { held: 5, waiting: 0 },
  };
  const facts: SwitchFacts = {
    ...{ now, report, pinned: new Set(['new']), webhooksTrust: true, gateway: false },
    patience: { bundlePropagationMs: 100_000, setAsideAfterMs: 600_000, setAside },
  };
  return facts;
}

describe('S10: a namespace that refuses the roots that its pods start with', () => {
  const long = now - 600_000;

  it.each([proveTrust, proveBootstraps])('waits for its own pods, with the reason: %p', (prove) => {
    const { lacks, waiting } = prove(plan, factsOf([mean]), long);
    expect(waiting).toEqual(['mean/a', 'mean/b']);
    expect(lacks).toEqual([expect.stringMatching(/namespace mean .*2 pods.*exceeded quota/)]);
  });

  it.each([proveTrust, proveBootstraps])(
    'holds up no switch when its pods are set aside: %p',
    (prove) => {
      expect(prove(plan, factsOf([mean], mean.pods), long).lacks).toEqual([]);
      const early = prove(plan, factsOf([mean], mean.pods), now - 1_000);
      expect(early.lacks).toHaveLength(2);
      expect(early.until).toBe(now - 1_000 + 600_000);
    },
  );

  it('holds up no switch when it has no pods', () => {
    expect(proveTrust(plan, factsOf([{ ...mean, pods: [], total: 0 }]), long).lacks).toEqual([]);
  });

  it('waits for those that are not set aside, and for those that cannot be named', () => {
    expect(proveTrust(plan, factsOf([mean], ['mean/a']), long).waiting).toEqual(['mean/b']);
    const many = { ...mean, total: 3 };
    expect(proveTrust(plan, factsOf([many], mean.pods), long).lacks).toHaveLength(1);
  });
});
