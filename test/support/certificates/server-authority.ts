import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { Secret } from '../../../src/common/secret.ts';
import type {
  CertificateSource,
  ServedCertificate,
} from '../../../src/common/served-certificate.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const hourMs = 3_600_000;

x509.cryptoProvider.set(webcrypto);

/** A CA made for one test, which signs server certificates. */
export interface TestAuthority {
  /** PEM. */
  readonly ca: string;
  /** With these names; as the control plane's own are, `uris` has its SPIFFE ID. */
  issue(dnsName: string, ...uris: string[]): Promise<ServedCertificate>;
}

export async function makeAuthority(name = 'test root'): Promise<TestAuthority> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - hourMs),
    notAfter: new Date(Date.now() + hourMs),
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    ca: root.toString('pem'),
    issue: (dnsName, ...uris) => issue({ dnsName, uris }, root, keys.privateKey),
  };
}

async function issue(
  { dnsName, uris }: { readonly dnsName: string; readonly uris: readonly string[] },
  root: x509.X509Certificate,
  signingKey: webcrypto.CryptoKey,
): Promise<ServedCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const leaf = await x509.X509CertificateGenerator.create({
    subject: `CN=${dnsName}`,
    issuer: root.subject,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - hourMs),
    notAfter: new Date(Date.now() + hourMs),
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: dnsName },
        ...uris.map((value) => ({ type: 'url', value }) as const),
      ]),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    chain: leaf.toString('pem'),
    key: new Secret(String(key.export({ type: 'pkcs8', format: 'pem' }))),
  };
}

/** A credentials source whose certificate a test can replace. */
export class ReplaceableCredentials implements CertificateSource {
  #current: ServedCertificate;
  readonly #listeners = new Set<() => void>();

  constructor(certificate: ServedCertificate) {
    this.#current = certificate;
  }

  current(): ServedCertificate {
    return this.#current;
  }

  onChange(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  replace(certificate: ServedCertificate): void {
    this.#current = certificate;
    for (const listener of this.#listeners) listener();
  }
}
