import { createHash } from 'node:crypto';
import {
  booleanTrue,
  implicit,
  integer,
  namedBits,
  octetString,
  oid,
  sequence,
  set,
  utf8String,
} from './der.ts';
import { readChildren, readElement } from './der-reader.ts';
import { keyUsageBits, oids, type ExtendedKeyUsage } from './oids.ts';
import type { CertificateTemplate } from './template.ts';

/** Key identifier: the leftmost 160 bits of the SHA-256 of the key's bits (RFC 7093 §2, method 1). */
export function keyIdOf(subjectPublicKeyInfo: Buffer): Buffer {
  const bits = readChildren(readElement(subjectPublicKeyInfo))[1];
  return createHash('sha256')
    .update(bits?.content.subarray(1) ?? '')
    .digest()
    .subarray(0, 20);
}

/** A Name of one common name, or none. */
export function subjectName(commonName: string): Buffer {
  return commonName === ''
    ? sequence()
    : sequence(set(sequence(commonNameOid, utf8String(commonName))));
}

/** The extensions that follow from the template alone, which a signing request may contain. */
export function requestedExtensions(template: CertificateTemplate): Buffer[] {
  const { ca, keyUsage, extendedKeyUsage, uris, dnsNames } = template;
  const list = [
    critical(oids.basicConstraints, basicConstraints(ca)),
    critical(oids.keyUsage, namedBits(keyUsage.map((usage) => keyUsageBits[usage]))),
  ];
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

/** Which key a certificate is about, and which key signed it. */
export function keyExtensions(
  subjectKeyId: Uint8Array,
  signerKeyId: Uint8Array | undefined,
): Buffer[] {
  const subject = extension(oids.subjectKeyId, octetString(subjectKeyId));
  if (signerKeyId === undefined) return [subject];
  return [subject, extension(oids.authorityKeyId, sequence(implicit(0, signerKeyId)))];
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

const commonNameOid = oid(oids.commonName);
