import { describe, expect, it } from '@jest/globals';
import type { CertificateReport, FailureReport } from '../api/certificate-report.ts';
import type { RootRecord } from './records.ts';
import { secretPatienceMs, secretsToldAt, describeSecrets } from './secret-status.ts';

const now = 1_000_000;
const signer = {
  name: 'weft-root-1',
  spec: { provider: { kind: 'builtIn', secretName: 'weft-ca' } },
} as RootRecord;
const trouble = (code = 'certificate-invalid', since = now): FailureReport => ({
  ...{ code, since },
  message: 'Secret a/b: no',
});
const statusFor = (report: Partial<CertificateReport>) =>
  describeSecrets({ signer, now, report: { roots: {}, ...report } as CertificateReport });
const ofRoot = (one: FailureReport, fingerprint?: string) =>
  statusFor({
    roots: { 'weft-root-1': { ready: false, trouble: one, ...(fingerprint && { fingerprint }) } },
  });

describe('the status of the Secrets of certificates', () => {
  it('names the Secret of a CA that only memory holds, and the next step', () => {
    expect(ofRoot(trouble(), 'ab')).toEqual({
      reason: 'CaSecretUnusable',
      message: expect.stringMatching(/^Secret a\/b: no .*in memory.*Next: put that CA back/),
    });
    expect(ofRoot(trouble())?.message).toMatch(/cannot issue certificates until this is fixed/);
  });

  it.each([trouble(), trouble('api-rejected')])(
    'names the Secret that is not written: %j',
    (one) => {
      const message = expect.stringMatching(/ingress gateway is not written: Secret a\/b: no/);
      expect(statusFor({ gatewayTrouble: one })).toEqual({
        reason: 'GatewaySecretNotKept',
        message,
      });
    },
  );

  it('names the Secret that cannot be removed', () => {
    const left = { namespace: 'edge', name: 'old', trustedStep: 1, signerStep: 1 };
    const status = statusFor({
      gatewaysLeft: [left, { ...left, trouble: trouble('api-rejected') }],
    });
    expect(status?.message).toMatch(/^Secret edge\/old .* cannot be removed: .*delete it yourself/);
    expect(statusFor({ gatewaysLeft: [left] })).toBeUndefined();
  });

  it('passes over what the API server may be busy with, for a while', () => {
    const busy = trouble('api-unavailable');
    expect(ofRoot(busy)).toBeUndefined();
    expect(ofRoot({ ...busy, since: now - secretPatienceMs })).toBeDefined();
    const report = { roots: {}, gatewayTrouble: busy } as unknown as CertificateReport;
    expect(secretsToldAt({ signer, report, now })).toEqual([now + secretPatienceMs]);
  });
});
