import { describe, expect, it } from '@jest/globals';
import { makeMeshConfig } from '../../test/support/builders/make-mesh-config.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../api/gen/mesh-root-certificate.ts';
import { resolveIntent, type Resolution } from './intent.ts';
import { readRecords } from './records.ts';

const dayMs = 86_400_000;
const now = Date.parse('2026-01-01T00:00:00Z');
const plan = {
  step: 1,
  signer: 'weft-root-1',
  signerStep: 1,
  serverSigner: 'weft-root-1',
  serverStep: 1,
  trusted: ['weft-root-1'],
  trustedStep: 1,
};

interface Wishes {
  readonly role?: 'active' | 'passive' | 'inactive';
  readonly managed?: boolean;
  readonly provider?: MeshRootCertificate['spec']['provider'];
  readonly notAfter?: number;
  readonly reason?: string;
}

function secret(name: string): MeshRootCertificate['spec']['provider'] {
  return { tresor: { ca: { secretRef: { name, namespace: 'weft-system' } } } };
}

function root(name: string, wishes: Wishes = {}): MeshRootCertificate {
  const { role = 'active', managed = true, provider = secret('weft-ca') } = wishes;
  const { notAfter = now + 3650 * dayMs, reason = 'Ready' } = wishes;
  const lastTransitionTime = '2025-01-01T00:00:00Z';
  const condition = { type: 'Ready', status: 'True', reason, message: '' } as const;
  return {
    apiVersion: 'config.openservicemesh.io/v1alpha2',
    kind: 'MeshRootCertificate',
    metadata: {
      name,
      namespace: 'weft-system',
      creationTimestamp: lastTransitionTime,
      labels: managed ? { 'app.kubernetes.io/managed-by': 'weft' } : {},
    },
    spec: { role, provider },
    status: {
      roots: 'PEM',
      fingerprint: name,
      notAfter: new Date(notAfter).toISOString(),
      conditions: [{ ...condition, lastTransitionTime }],
    },
  };
}

type Certificate = MeshConfig['spec']['certificate'];

function resolve(
  objects: readonly MeshRootCertificate[],
  certificate: Certificate = {},
): Resolution {
  return resolveIntent({
    meshConfig: makeMeshConfig({ spec: { certificate } }),
    records: readRecords(objects, 'weft-system'),
    plan,
    rotation: undefined,
    now,
    renewBeforeMs: 30 * dayMs,
  });
}

const first = root('weft-root-1');
const mine = (name: string, role: Wishes['role']): MeshRootCertificate =>
  root(name, { managed: false, provider: secret(name), ...(role && { role }) });

describe('resolveIntent by the MeshConfig', () => {
  it('keeps the root that Weft made while none other is named', () => {
    expect(resolve([first]).intent).toEqual({ target: 'weft-root-1', keep: [] });
  });

  it('makes a record for what no record stands for, and comes back to an old one', () => {
    const provider = { kind: 'builtIn', builtIn: { caSecretRef: { name: 'theirs' } } } as const;
    const { intent, create } = resolve([first], { provider });
    expect(intent).toBeUndefined();
    expect(create).toMatchObject({
      name: 'weft-root-2',
      spec: { provider: { secretName: 'theirs' } },
    });
    const old = root('weft-root-2', { role: 'inactive', provider: secret('theirs') });
    expect(resolve([first, old], { provider }).intent?.target).toBe('weft-root-2');
  });

  it.each<readonly [string, Wishes]>([
    ['ends soon', { notAfter: now + 30 * dayMs }],
    ['is another root now', { reason: 'RootChanged' }],
  ])('asks for a new root when the signing root %s', (_, wishes) => {
    expect(resolve([root('weft-root-1', wishes)]).create?.name).toBe('weft-root-2');
  });

  it('makes a new root in a new Secret, and follows a root that a user put into the old Secret', () => {
    const secretFor = (wishes: Wishes): unknown => {
      const provider = resolve([root('weft-root-1', wishes)]).create?.spec.provider;
      return provider?.kind === 'builtIn' && provider.secretName;
    };
    expect(secretFor({ notAfter: now + dayMs })).toBe('weft-ca-2');
    expect(secretFor({ reason: 'RootChanged' })).toBe('weft-ca');
  });

  it('does not replace a root in the first half of its life, or the new one would be due at once', () => {
    const young = { ...first, metadata: { ...first.metadata } };
    const record = {
      ...young,
      metadata: { ...young.metadata, creationTimestamp: new Date(now - dayMs).toISOString() },
      status: { ...young.status, notAfter: new Date(now + 20 * dayMs).toISOString() },
    };
    expect(resolve([record]).intent?.target).toBe('weft-root-1');
  });

  it('takes two spellings of an address for one', () => {
    const vault = {
      address: 'https://V.example:443/',
      role: 'r',
      auth: { kubernetes: { role: 'r' } },
    };
    const made = resolve([first], { provider: { kind: 'vault', vault } }).create?.spec.provider;
    expect(made).toMatchObject({ address: 'https://v.example:443' });
  });
});

describe('resolveIntent by roles that people gave', () => {
  it.each<readonly [string, readonly MeshRootCertificate[], string, readonly string[]]>([
    ['one active', [mine('a', 'active')], 'a', []],
    ['one active, one passive', [mine('a', 'passive'), mine('b', 'active')], 'b', ['a']],
    ['two active, none signs yet', [mine('a', 'active'), mine('b', 'active')], 'a', ['b']],
    ['one passive', [mine('a', 'passive')], 'weft-root-1', ['a']],
    ['inactive ones', [mine('a', 'inactive')], 'weft-root-1', []],
  ])('%s', (...[, theirs, target, keep]) => {
    expect(resolve([first, ...theirs]).intent).toEqual({ target, keep });
  });

  it.each<readonly [string, readonly MeshRootCertificate[]]>([
    ['two passive', [mine('a', 'passive'), mine('b', 'passive')]],
    ['three', [mine('a', 'active'), mine('b', 'active'), mine('c', 'passive')]],
  ])('%s: nothing changes, and each is told', (_, theirs) => {
    const { intent, refusals } = resolve([first, ...theirs]);
    expect(intent).toEqual({ target: 'weft-root-1', keep: [] });
    expect([...refusals.keys()]).toEqual(theirs.map(({ metadata }) => metadata.name));
  });
});
