import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { Secret } from '../../../src/common/secret.ts';
import { type IdentityKey, spiffeId } from '../../../src/policy/identity.ts';
import type { Resource } from '../../../src/xds/resources/resource.ts';
import { encode } from '../../../src/xds/resources/encode.ts';
import { trustResource, workloadResource } from '../../../src/xds/resources/secrets.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const hourMs = 3_600_000;

x509.cryptoProvider.set(webcrypto);

export interface Leaf {
  readonly chain: string;
  readonly key: string;
}

/** A mesh CA made for one test. */
export interface MeshAuthority {
  /** PEM. */
  readonly root: string;
  /** A workload certificate with the SPIFFE ID of `account`. */
  leaf(account: IdentityKey, trustDomain?: string): Promise<Leaf>;
  /** What SDS gives a proxy of `account`, which itself trusts cluster.local only. */
  secrets(account: IdentityKey, trustDomain?: string): Promise<readonly Resource[]>;
}

export async function makeMeshAuthority(): Promise<MeshAuthority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=mesh root',
    keys,
    signingAlgorithm: algorithm,
    ...validity(),
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const trust = root.toString('pem');
  const leaf = (account: IdentityKey, trustDomain = 'cluster.local'): Promise<Leaf> =>
    issue(spiffeId(trustDomain, account), root, keys.privateKey);
  return {
    root: trust,
    leaf,
    async secrets(account, trustDomain) {
      const { chain, key } = await leaf(account, trustDomain);
      const domains = [{ trustDomain: 'cluster.local', roots: trust }];
      return [workloadResource(chain, new Secret(key)), trustResource(domains)].map(encode);
    },
  };
}

async function issue(
  uri: string,
  root: x509.X509Certificate,
  signingKey: webcrypto.CryptoKey,
): Promise<Leaf> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const leaf = await x509.X509CertificateGenerator.create({
    subject: 'CN=workload',
    issuer: root.subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    ...validity(),
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: uri }]),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    chain: leaf.toString('pem'),
    key: String(key.export({ type: 'pkcs8', format: 'pem' })),
  };
}

function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - hourMs), notAfter: new Date(Date.now() + hourMs) };
}
