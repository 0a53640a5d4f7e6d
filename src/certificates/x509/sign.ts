import { createHash, randomBytes, sign, type KeyObject } from 'node:crypto';
import {
  bitString,
  booleanTrue,
  explicit,
  implicit,
  integer,
  namedBits,
  nullValue,
  octetString,
  oid,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts';
import { childrenOf, readElement } from './der-reader.ts';
import type { KeyPair } from './key-pair.ts';
import { keyUsageBits, oids, type ExtendedKeyUsage } from './oids.ts';
import type { CertificateTemplate } from './template.ts';

/** A CA that signs: its key, its subject as it stands in its certificate, its key identifier if it has one. */
export interface Signer {
  readonly privateKey: KeyObject;
  readonly subject: Uint8Array;
  readonly keyId: Uint8Array | undefined;
}

/** DER of a certificate for `publicKey`, signed by `signer`. The serial number is 128 random bits. */
export function signCertificate(
  template: CertificateTemplate,
  publicKey: KeyObject,
  signer: Signer,
): Buffer {
  const algorithm = signatureAlgorithm(signer.privateKey);
  const subjectKey = publicKey.export({ type: 'spki', format: 'der' });
  const tbs = sequence(
    version3,
    integer(randomBytes(16)),
    algorithm.identifier,
    signer.subject,
    sequence(time(template.notBefore), time(template.notAfter)),
    subjectName(template.commonName),
    subjectKey,
    explicit(3, sequence(...extensions(template, keyIdOf(subjectKey), signer.keyId))),
  );
  const signature = sign(algorithm.digest, tbs, signer.privateKey);
  return sequence(tbs, algorithm.identifier, bitString(signature));
}

/** DER of a root certificate: signed by the very key that it is about. */
export function selfSign(template: CertificateTemplate, keys: KeyPair): Buffer {
  return signCertificate(template, keys.publicKey, {
    privateKey: keys.privateKey,
    subject: subjectName(template.commonName),
    keyId: keyIdOf(keys.publicKey.export({ type: 'spki', format: 'der' })),
  });
}

/** Key identifier: the leftmost 160 bits of the SHA-256 of the key's bits (RFC 7093 §2, method 1). */
function keyIdOf(subjectPublicKeyInfo: Buffer): Buffer {
  const bits = childrenOf(readElement(subjectPublicKeyInfo))[1];
  return createHash('sha256')
    .update(bits?.content.subarray(1) ?? '')
    .digest()
    .subarray(0, 20);
}

function subjectName(commonName: string): Buffer {
  return commonName === ''
    ? sequence()
    : sequence(set(sequence(commonNameOid, utf8String(commonName))));
}

function extensions(
  template: CertificateTemplate,
  subjectKeyId: Uint8Array,
  signerKeyId: Uint8Array | undefined,
): Buffer[] {
  const { ca, keyUsage, extendedKeyUsage, uris, dnsNames } = template;
  const list = [
    critical(oids.basicConstraints, basicConstraints(ca)),
    critical(oids.keyUsage, namedBits(keyUsage.map((usage) => keyUsageBits[usage]))),
    extension(oids.subjectKeyId, octetString(subjectKeyId)),
  ];
  if (signerKeyId !== undefined)
    list.push(extension(oids.authorityKeyId, sequence(implicit(0, signerKeyId))));
  if (extendedKeyUsage.length > 0)
    list.push(extension(oids.extendedKeyUsage, purposes(extendedKeyUsage)));
  if (uris.length + dnsNames.length > 0) {
    const names = sequence(
      ...uris.map((uri) => implicit(6, Buffer.from(uri, 'latin1'))),
      ...dnsNames.map((name) => implicit(2, Buffer.from(name, 'latin1'))),
    );
    list.push((template.commonName === '' ? critical : extension)(oids.subjectAltName, names));
  }
  return list;
}

function basicConstraints(ca: CertificateTemplate['ca']): Buffer {
  return ca === undefined
    ? sequence()
    : sequence(booleanTrue(), integer(Uint8Array.of(ca.pathLength)));
}

function purposes(of: readonly ExtendedKeyUsage[]): Buffer {
  return sequence(...of.map((usage) => oid(oids[usage])));
}

function extension(id: string, value: Uint8Array): Buffer {
  return sequence(oid(id), octetString(value));
}

function critical(id: string, value: Uint8Array): Buffer {
  return sequence(oid(id), booleanTrue(), octetString(value));
}

const version3 = explicit(0, integer(Uint8Array.of(2)));
const commonNameOid = oid(oids.commonName);

interface SignatureAlgorithm {
  readonly digest: 'sha256' | 'sha384';
  readonly identifier: Buffer;
}

const ecdsaSha256 = { digest: 'sha256', identifier: sequence(oid(oids.ecdsaWithSha256)) } as const;
const ecdsaSha384 = { digest: 'sha384', identifier: sequence(oid(oids.ecdsaWithSha384)) } as const;
const rsaSha256 = {
  digest: 'sha256',
  identifier: sequence(oid(oids.sha256WithRsa), nullValue()),
} as const;

function signatureAlgorithm(key: KeyObject): SignatureAlgorithm {
  if (key.asymmetricKeyType === 'rsa') return rsaSha256;
  return key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? ecdsaSha384 : ecdsaSha256;
}
