import { randomBytes, sign, type KeyObject } from 'node:crypto';
import { bitString, explicit, integer, nullValue, oid, sequence, time } from './der.ts';
import { requestedExtensions, keyExtensions, keyIdOf, subjectName } from './extensions.ts';
import type { KeyPair } from './key-pair.ts';
import { oids } from './oids.ts';
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
  return encodeSigned(tbsCertificate(template, publicKey, signer), signer.privateKey);
}

/** Like `signCertificate`; an RSA signature, which takes up to 10 ms, is made off the event loop. */
export async function signCertificateAsync(
  template: CertificateTemplate,
  publicKey: KeyObject,
  signer: Signer,
): Promise<Buffer> {
  const tbs = tbsCertificate(template, publicKey, signer);
  const { privateKey } = signer;
  if (privateKey.asymmetricKeyType !== 'rsa') return encodeSigned(tbs, privateKey);
  const { digest, identifier } = signatureAlgorithm(privateKey);
  const signature = await new Promise<Buffer>((resolve, reject) => {
    sign(digest, tbs, privateKey, (error, made) => {
      if (error === null) resolve(made);
      else reject(error);
    });
  });
  return sequence(tbs, identifier, bitString(signature));
}

/** DER of a root certificate: signed by the key that it certifies. */
export function selfSign(template: CertificateTemplate, keys: KeyPair): Buffer {
  return signCertificate(template, keys.publicKey, {
    privateKey: keys.privateKey,
    subject: subjectName(template.commonName),
    keyId: keyIdOf(keys.publicKey.export({ type: 'spki', format: 'der' })),
  });
}

/** What is signed, its algorithm and its signature: the form of certificates and of requests for one. */
export function encodeSigned(content: Buffer, privateKey: KeyObject): Buffer {
  const { digest, identifier } = signatureAlgorithm(privateKey);
  return sequence(content, identifier, bitString(sign(digest, content, privateKey)));
}

function tbsCertificate(
  template: CertificateTemplate,
  publicKey: KeyObject,
  signer: Signer,
): Buffer {
  const subjectKey = publicKey.export({ type: 'spki', format: 'der' });
  const extensions = [
    ...requestedExtensions(template),
    ...keyExtensions(keyIdOf(subjectKey), signer.keyId),
  ];
  return sequence(
    version3,
    integer(randomBytes(16)),
    signatureAlgorithm(signer.privateKey).identifier,
    signer.subject,
    sequence(time(template.notBefore), time(template.notAfter)),
    subjectName(template.commonName),
    subjectKey,
    explicit(3, sequence(...extensions)),
  );
}

const version3 = explicit(0, integer(Uint8Array.of(2)));

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
