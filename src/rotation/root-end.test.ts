import { describe, expect, it } from '@jest/globals';
import { makeMeshConfig } from '../../test/support/builders/make-mesh-config.ts';
import type { CertificateReport, RootReport } from '../api/certificate-report.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../api/gen/mesh-root-certificate.ts';
import { readRecords } from './records.ts';
import { endOf, type RootEnd } from './root-end.ts';

const dayMs = 86_400_000;
const createdAt = Date.parse('2026-01-01T00:00:00Z');
const renewBeforeMs = 30 * dayMs;

type Certificate = MeshConfig['spec']['certificate'];
type Provider = MeshRootCertificate['spec']['provider'];

const secret = (name: string): Provider => ({
  tresor: { ca: { secretRef: { name, namespace: 'weft-system' } } },
});
const nobody = { step: 1, acknowledged: 0, total: 0, waiting: [] };
const certManager = { issuerName: 'mesh-ca', issuerKind: 'Issuer', issuerGroup: 'cert-manager.io' };

interface Wishes {
  readonly provider?: Provider;
  readonly managed?: boolean;
  readonly days?: number;
  readonly certificate?: Certificate;
  /** What the control plane reports of the root. */
  readonly found?: Partial<RootReport>;
}

/** The end of a root that lives so many days, under a MeshConfig that says so. */
function end(wishes: Wishes = {}): RootEnd | undefined {
  const {
    provider = secret('weft-ca'),
    managed = true,
    days = 3650,
    certificate = {},
    found = {},
  } = wishes;
  const object: MeshRootCertificate = {
    apiVersion: 'config.openservicemesh.io/v1alpha2',
    kind: 'MeshRootCertificate',
    metadata: {
      name: 'weft-root-1',
      namespace: 'weft-system',
      creationTimestamp: new Date(createdAt).toISOString(),
      labels: managed ? { 'app.kubernetes.io/managed-by': 'weft' } : {},
    },
    spec: { role: 'active', provider },
    status: {
      roots: 'PEM',
      fingerprint: 'f',
      notAfter: new Date(createdAt + days * dayMs).toISOString(),
    },
  };
  const report: CertificateReport = {
    ...{ step: 1, complete: true, trust: nobody, leaves: nobody, channel: nobody },
    ...{ bootstraps: undefined, health: { held: 0, waiting: 0 } },
    roots: { 'weft-root-1': { ready: true, ...found } },
  };
  const [record] = readRecords([object], 'weft-system');
  return endOf(record!, {
    meshConfig: makeMeshConfig({ spec: { certificate } }),
    renewBeforeMs,
    report,
  });
}

const daysFrom = (at = NaN): number => (at - createdAt) / dayMs;
const named = (name: string): Certificate => ({
  provider: { kind: 'builtIn', builtIn: { caSecretRef: { name } } },
});

describe('the end of a root', () => {
  it('that Weft made is reported a month before it is replaced', () => {
    const { renewsAt, noticeFrom, reason, message } = end()!;
    expect([daysFrom(renewsAt), daysFrom(noticeFrom)]).toEqual([3620, 3590]);
    expect(reason).toBe('RootRenewsSoon');
    expect(message).toMatch(/^The root of weft-root-1 ends 2035-12-30T.*from 2035-11-30T/);
  });

  it('that Weft made is replaced in the second half of its life only', () => {
    expect(daysFrom(end({ days: 40 })!.renewsAt)).toBe(20);
  });

  it.each<readonly [string, Wishes]>([
    [
      'of an issuer outside',
      {
        provider: { certManager },
        certificate: {
          provider: { kind: 'certManager', certManager: { issuerRef: { name: 'mesh-ca' } } },
        },
      },
    ],
    [
      'in a Secret that the user names',
      { provider: secret('theirs'), certificate: named('theirs') },
    ],
    ["in Weft's Secret when the user names that", { certificate: named('weft-ca') }],
    ["of a person's MeshRootCertificate", { managed: false, provider: secret('theirs') }],
  ])('%s is warned of for renewBefore, however long it lives', (_, wishes) => {
    const { renewsAt, noticeFrom, reason, message } = end({ ...wishes, days: 40 })!;
    expect([renewsAt, daysFrom(noticeFrom)]).toEqual([undefined, 10]);
    expect(reason).toBe('RootEndsSoon');
    expect(message).toContain('renew it at its issuer');
  });

  it('that Weft made is not reported once the mesh leaves it', () => {
    expect(end({ certificate: { trustDomain: 'shop.example' } })).toBeUndefined();
    expect(end({ certificate: named('theirs') })).toBeUndefined();
  });

  const at = (days: number): number => createdAt + days * dayMs;
  const outside = (mode: 'leaf' | 'intermediate'): Wishes => ({
    provider: { certManager: { ...certManager, mode } },
    certificate: {
      provider: { kind: 'certManager', certManager: { issuerRef: { name: 'mesh-ca' }, mode } },
    },
  });

  it.each<readonly [string, Wishes]>([
    ['under an issuer of every leaf', { ...outside('leaf'), found: { signerNotAfter: at(100) } }],
    [
      'above the intermediate that Weft keeps',
      { ...outside('intermediate'), found: { signerNotAfter: at(3), aboveNotAfter: at(100) } },
    ],
    [
      'in a chain that the user gave',
      {
        provider: secret('theirs'),
        certificate: named('theirs'),
        found: { signerNotAfter: at(100) },
      },
    ],
  ])('case 28: is that of the first certificate %s', (_, wishes) => {
    const { noticeFrom, reason, message } = end(wishes)!;
    expect([reason, daysFrom(noticeFrom)]).toEqual(['RootEndsSoon', 70]);
    expect(message).toMatch(
      /^A certificate that signs below the root of weft-root-1 ends 2026-04-11/,
    );
  });
});
