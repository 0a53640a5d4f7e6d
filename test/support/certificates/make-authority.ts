import type { KeyObject } from 'node:crypto';
import { Secret } from '../../../src/common/secret.ts';
import type { AuthorityPem } from '../../../src/certificates/signing-authority.ts';
import { parseCertificate, type Certificate } from '../../../src/x509/certificate.ts';
import { privateKeyPem, type KeyPair } from '../../../src/x509/key-pair.ts';
import { certificateBlocks } from '../../../src/common/pem.ts';
import { selfSign, signCertificate } from '../../../src/x509/sign.ts';
import { rootTemplate, type CertificateTemplate } from '../../../src/x509/template.ts';
import { ecKeys } from '../keys/test-keys.ts';

/** A CA with its key, as certificate and as the text of a Secret. */
export interface TestAuthority {
  readonly certificate: Certificate;
  readonly keys: KeyPair;
  /** This one first, then those above it. */
  readonly chain: readonly Certificate[];
  readonly root: Certificate;
}

export interface AuthorityWishes {
  readonly name?: string;
  readonly keys?: KeyPair;
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly change?: (template: CertificateTemplate) => CertificateTemplate;
}

const dayMs = 24 * 3_600_000;

function certificateFrom(der: Buffer): Certificate {
  const certificate = parseCertificate(der);
  if (certificate === undefined) throw new Error('not a certificate');
  return certificate;
}

export function certificatesFrom(pem: string): Certificate[] {
  return certificateBlocks(pem).map(certificateFrom);
}

function caTemplate(wishes: AuthorityWishes, pathLength: number): CertificateTemplate {
  const now = Date.now();
  const { name = 'test root', notBefore = now - dayMs, notAfter = now + 365 * dayMs } = wishes;
  const template = { ...rootTemplate(name, { notBefore, notAfter }), ca: { pathLength } };
  return wishes.change?.(template) ?? template;
}

export function makeRoot(wishes: AuthorityWishes = {}, pathLength = 2): TestAuthority {
  const keys = wishes.keys ?? ecKeys();
  const certificate = certificateFrom(selfSign(caTemplate(wishes, pathLength), keys));
  return { certificate, keys, chain: [certificate], root: certificate };
}

export function makeIntermediate(
  parent: TestAuthority,
  wishes: AuthorityWishes = {},
  pathLength = 0,
): TestAuthority {
  const keys = wishes.keys ?? ecKeys();
  const template = caTemplate({ name: 'test intermediate', ...wishes }, pathLength);
  const certificate = signUnder(parent, template, keys.publicKey);
  return { certificate, keys, chain: [certificate, ...parent.chain], root: parent.root };
}

export function signUnder(
  parent: TestAuthority,
  template: CertificateTemplate,
  publicKey: KeyObject,
): Certificate {
  const { subject, subjectKeyId } = parent.certificate;
  const signer = { privateKey: parent.keys.privateKey, subject, keyId: subjectKeyId };
  return certificateFrom(signCertificate(template, publicKey, signer));
}

/** As a user's Secret would have it: the whole chain in tls.crt, the root in ca.crt. */
export function authorityPem(authority: TestAuthority): AuthorityPem {
  return {
    chain: authority.chain.map(({ pem }) => pem).join(''),
    privateKey: new Secret(privateKeyPem(authority.keys.privateKey)),
    roots: authority.root.pem,
  };
}
