import { describe, expect, it } from '@jest/globals';
import type { Authority } from '../issuer.ts';
import { rootReportOf } from './root-report-of.ts';

const trouble = { code: 'issuer-unavailable', message: 'it is away', since: 7 };

function makeAuthority(...ends: readonly number[]): Authority {
  const roots = ends.map((notAfter) => ({ fingerprint: `of-${notAfter}`, notAfter }));
  return { bundle: { pem: 'PEM', roots }, signer: 'ff', notAfter: 50 };
}

describe('what the report says of a root', () => {
  it('has its facts, and is ready, when nothing is wrong', () => {
    expect(rootReportOf(makeAuthority(100), undefined)).toEqual({
      ready: true,
      ...{ roots: 'PEM', fingerprint: 'of-100', notAfter: 100, signerNotAfter: 50 },
    });
  });

  it('ends when the first of several roots does', () => {
    expect(rootReportOf(makeAuthority(100, 90, 110), undefined)).toMatchObject({
      ...{ fingerprint: 'of-100', notAfter: 90 },
    });
  });

  it('keeps the facts of an issuer that fails, and is not ready', () => {
    expect(rootReportOf(makeAuthority(100), trouble)).toEqual({
      ready: false,
      ...{ roots: 'PEM', fingerprint: 'of-100', notAfter: 100, signerNotAfter: 50 },
      trouble,
    });
  });

  it('has only the failure before the issuer is known', () => {
    expect(rootReportOf(undefined, trouble)).toEqual({ ready: false, trouble });
    expect(rootReportOf(undefined, undefined)).toEqual({ ready: false });
  });

  it('makes no date up where there is no root', () => {
    expect(rootReportOf(makeAuthority(), undefined)).toEqual({ ready: true });
  });
});
