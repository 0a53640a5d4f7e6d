import { describe, expect, it } from '@jest/globals';
import type { MeshConfigSpec } from './gen/mesh-config.ts';
import type { MeshRootCertificate } from './gen/mesh-root-certificate.ts';
import { mrcSpecOf } from './mrc-spec-of.ts';
import { rootOfMeshConfig, rootOfMrc } from './root-of.ts';

const ecdsa = { algorithm: 'ECDSA' };

function mrc(spec: Omit<MeshRootCertificate['spec'], 'role'>): Pick<MeshRootCertificate, 'spec'> {
  return { spec: { role: 'active', ...spec } };
}

describe('the root that a MeshConfig asks for', () => {
  it.each<[string, MeshConfigSpec, object | undefined]>([
    [
      'nothing said',
      {},
      {
        provider: { kind: 'builtIn', secretName: 'weft-ca' },
        trustDomain: 'cluster.local',
        key: ecdsa,
      },
    ],
    [
      'a root of the user, RSA, a trust domain',
      {
        certificate: {
          provider: { kind: 'builtIn', builtIn: { caSecretRef: { name: 'ours' } } },
          keyAlgorithm: 'RSA',
          certKeyBitSize: 3072,
          trustDomain: 'b.example',
        },
      },
      {
        provider: { kind: 'builtIn', secretName: 'ours' },
        trustDomain: 'b.example',
        key: { algorithm: 'RSA', bits: 3072 },
      },
    ],
    [
      'cert-manager',
      {
        certificate: {
          provider: { kind: 'certManager', certManager: { issuerRef: { name: 'ca' } } },
        },
      },
      {
        provider: {
          kind: 'certManager',
          issuerRef: { group: 'cert-manager.io', kind: 'ClusterIssuer', name: 'ca' },
          mode: 'intermediate',
        },
      },
    ],
    [
      'Vault',
      {
        certificate: {
          provider: {
            kind: 'vault',
            vault: {
              address: 'https://vault:8200',
              role: 'weft',
              caBundleSecretRef: { name: 'vault-ca' },
              auth: { kubernetes: { role: 'weft' } },
            },
          },
        },
      },
      {
        provider: {
          ...{ kind: 'vault', address: 'https://vault:8200', role: 'weft', namespace: '' },
          ...{ mount: 'pki', issuer: 'default', mode: 'intermediate' },
          caBundle: { name: 'vault-ca', key: 'ca.crt' },
          auth: { kind: 'kubernetes', mount: 'kubernetes', role: 'weft', audience: 'vault' },
        },
      },
    ],
    ['a provider without its block', { certificate: { provider: { kind: 'vault' } } }, undefined],
  ])('%s', (_, spec, root) => {
    if (root === undefined) expect(rootOfMeshConfig(spec)).toBeUndefined();
    else expect(rootOfMeshConfig(spec)).toMatchObject(root);
  });
});

describe('the root that a MeshRootCertificate stands for', () => {
  it.each<[string, MeshRootCertificate['spec']['provider'], object]>([
    [
      'OSM’s own authority',
      { tresor: { ca: { secretRef: { name: 'osm-ca-bundle', namespace: 'osm-system' } } } },
      { kind: 'builtIn', secretName: 'osm-ca-bundle' },
    ],
    [
      'OSM’s cert-manager',
      {
        certManager: { issuerName: 'osm-ca', issuerKind: 'Issuer', issuerGroup: 'cert-manager.io' },
      },
      { kind: 'certManager', issuerRef: { kind: 'Issuer', name: 'osm-ca' }, mode: 'leaf' },
    ],
    [
      'OSM’s Vault',
      {
        vault: {
          ...{ host: 'vault.vault', role: 'openservicemesh', protocol: 'https' },
          token: { secretKeyRef: { name: 't', key: 'k', namespace: 'osm-system' } },
        },
      },
      {
        ...{ kind: 'vault', address: 'https://vault.vault:8200', mode: 'leaf' },
        auth: { kind: 'token', secret: { name: 't', key: 'k' } },
      },
    ],
  ])('%s', (_, provider, expected) => {
    expect(rootOfMrc(mrc({ provider }))?.provider).toMatchObject(expected);
  });

  it.each<[string, MeshConfigSpec]>([
    ['built in', {}],
    [
      'cert-manager',
      {
        certificate: {
          provider: {
            kind: 'certManager',
            certManager: { issuerRef: { group: 'awspca', kind: 'PCA', name: 'x' }, mode: 'leaf' },
          },
        },
      },
    ],
    [
      'Vault',
      {
        certificate: {
          provider: {
            kind: 'vault',
            vault: {
              ...{ address: 'https://[fd00::1]:8201', role: 'r', namespace: 'team', mount: 'a/b' },
              caBundleSecretRef: { name: 'ca', key: 'k' },
              auth: { tokenSecretRef: { name: 't' } },
            },
          },
        },
      },
    ],
  ])('is read back from its record: %s', (_, spec) => {
    const root = rootOfMeshConfig(spec);
    const recorded = root && mrcSpecOf(root, 'weft-system');
    expect(recorded && rootOfMrc(mrc(recorded))).toEqual(root);
    expect(root).toBeDefined();
  });
});
