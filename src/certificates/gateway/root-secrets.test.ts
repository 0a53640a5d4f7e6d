import { describe, expect, it } from '@jest/globals';
import type { MeshRootCertificate } from '../../api/gen/mesh-root-certificate.ts';
import { holdsRoot } from './root-secrets.ts';

type Provider = MeshRootCertificate['spec']['provider'];

const kept = { name: 'kept', namespace: 'weft-system' };

function rootWith(provider: Provider): Pick<MeshRootCertificate, 'metadata' | 'spec'> {
  return { metadata: { name: 'r', namespace: 'weft-system' }, spec: { role: 'active', provider } };
}

describe('a Secret that a root lives on', () => {
  it.each<readonly [string, Provider]>([
    ['the key of an authority', { tresor: { ca: { secretRef: kept } } }],
    [
      "Vault's token",
      {
        vault: {
          host: 'v',
          role: 'r',
          protocol: 'https',
          token: { secretKeyRef: { ...kept, key: 'token' } },
        },
      },
    ],
  ])('is that with %s, in the namespace of the root alone', (_what, provider) => {
    const roots = [rootWith(provider)];
    expect(holdsRoot({ name: 'kept', namespace: 'weft-system' }, roots)).toBe(true);
    expect(holdsRoot({ name: 'kept', namespace: 'ingress' }, roots)).toBe(false);
    expect(holdsRoot({ name: 'another', namespace: 'weft-system' }, roots)).toBe(false);
  });

  it('is none of an issuer that needs no Secret', () => {
    const roots = [
      rootWith({ certManager: { issuerName: 'i', issuerKind: 'Issuer', issuerGroup: 'g' } }),
    ];
    expect(holdsRoot({ name: 'i', namespace: 'weft-system' }, roots)).toBe(false);
  });
});
