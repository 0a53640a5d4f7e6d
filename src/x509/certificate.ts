import { createHash, X509Certificate, type KeyObject } from 'node:crypto';
import {
  readNamedBits,
  readChildren,
  type DerElement,
  DerError,
  readOid,
  readElement,
  readTime,
} from './der-reader.ts';
import { oids } from './oids.ts';
import { pemOf } from '../common/pem.ts';

/** The names in a SubjectAltName. `others` counts those that are neither URI nor DNS name. */
export interface AltNames {
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  readonly others: number;
}

/** A parsed certificate: the fields that are needed to sign under it and to validate it. */
export interface Certificate {
  readonly pem: string;
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
  /** The Name elements, whole, so that a child repeats its parent's subject byte for byte. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: KeyObject;
  readonly signatureAlgorithm: string;
  readonly ca: boolean;
  readonly pathLength: number | undefined;
  /** Bits that are set; undefined without the extension. */
  readonly keyUsage: ReadonlySet<number> | undefined;
  /** Dotted forms; undefined without the extension. */
  readonly extendedKeyUsage: ReadonlySet<string> | undefined;
  readonly altNames: AltNames;
  readonly subjectKeyId: Buffer | undefined;
  /** Critical extensions that Weft does not understand; RFC 5280 §4.2 says to refuse such a certificate. */
  readonly unknownCritical: readonly string[];
  /** Whether the signature verifies with this key (names are not compared). */
  signedWith(key: KeyObject): boolean;
}

interface Extension {
  readonly critical: boolean;
  readonly value: Buffer;
}

const understood: ReadonlySet<string> = new Set([
  oids.subjectKeyId,
  oids.keyUsage,
  oids.subjectAltName,
  oids.basicConstraints,
  oids.authorityKeyId,
  oids.extendedKeyUsage,
]);

/** Undefined when `der` is not a certificate. */
export function parseCertificate(der: Buffer): Certificate | undefined {
  try {
    return read(der);
  } catch (error) {
    // OpenSSL's errors have a code. Any other error is a bug of ours and must show.
    if (error instanceof DerError || (error as { code?: unknown }).code !== undefined)
      return undefined;
    throw error;
  }
}

function read(der: Buffer): Certificate {
  const x509 = new X509Certificate(der);
  const [tbs, algorithm] = readChildren(readElement(der));
  if (tbs === undefined || algorithm === undefined) throw new DerError('not a certificate');
  const fields = readChildren(tbs);
  // Only a v1 certificate has no version. It has no extensions, so it can be no CA here.
  if (fields[0]?.tag !== 0xa0) throw new DerError('not a v3 certificate');
  const [issuer, validity, subject] = [at(fields, 3), at(fields, 4), at(fields, 5)];
  const [notBefore, notAfter] = readChildren(validity);
  const extensions = extensionsOf(fields);
  return {
    pem: pemOf('CERTIFICATE', der),
    fingerprint: createHash('sha256').update(der).digest('hex'),
    issuer: issuer.raw,
    subject: subject.raw,
    notBefore: readTime(defined(notBefore)),
    notAfter: readTime(defined(notAfter)),
    publicKey: x509.publicKey,
    signatureAlgorithm: readOid(at(readChildren(algorithm), 0)),
    ...constraintsOf(extensions),
    keyUsage: mapped(extensions, oids.keyUsage, readNamedBits),
    extendedKeyUsage: mapped(
      extensions,
      oids.extendedKeyUsage,
      (value) => new Set(readChildren(value).map(readOid)),
    ),
    altNames: mapped(extensions, oids.subjectAltName, altNamesOf) ?? noNames,
    subjectKeyId: mapped(extensions, oids.subjectKeyId, (value) => value.content),
    unknownCritical: [...extensions]
      .filter(([id, extension]) => extension.critical && !understood.has(id))
      .map(([id]) => id),
    signedWith: (key) => verifies(x509, key),
  };
}

const noNames: AltNames = { uris: [], dnsNames: [], others: 0 };

/** OpenSSL throws when the key has another type than the signature. That counts as not verified. */
function verifies(x509: X509Certificate, key: KeyObject): boolean {
  try {
    return x509.verify(key);
  } catch {
    return false;
  }
}

function extensionsOf(fields: readonly DerElement[]): ReadonlyMap<string, Extension> {
  const wrapper = fields.find((field) => field.tag === 0xa3);
  const list = wrapper === undefined ? [] : readChildren(at(readChildren(wrapper), 0));
  const extensions = new Map<string, Extension>();
  for (const element of list) {
    const parts = readChildren(element);
    const id = readOid(at(parts, 0));
    if (extensions.has(id)) throw new DerError('extension given twice');
    extensions.set(id, { critical: parts.length > 2, value: at(parts, parts.length - 1).content });
  }
  return extensions;
}

function mapped<T>(
  extensions: ReadonlyMap<string, Extension>,
  id: string,
  of: (value: DerElement) => T,
): T | undefined {
  const extension = extensions.get(id);
  return extension === undefined ? undefined : of(readElement(extension.value));
}

function constraintsOf(
  extensions: ReadonlyMap<string, Extension>,
): Pick<Certificate, 'ca' | 'pathLength'> {
  const parts = mapped(extensions, oids.basicConstraints, readChildren) ?? [];
  const ca = parts[0]?.tag === 0x01 && parts[0].content[0] === 0xff;
  const length = parts.find((part) => part.tag === 0x02);
  return { ca, pathLength: length === undefined ? undefined : smallInteger(length) };
}

function smallInteger(of: DerElement): number {
  const { length } = of.content;
  if (length === 0 || length > 4) throw new DerError('path length out of range');
  return of.content.readUIntBE(0, length);
}

function altNamesOf(value: DerElement): AltNames {
  const uris: string[] = [];
  const dnsNames: string[] = [];
  let others = 0;
  for (const name of readChildren(value)) {
    if (name.tag === 0x86) uris.push(name.content.toString('latin1'));
    else if (name.tag === 0x82) dnsNames.push(name.content.toString('latin1'));
    else others++;
  }
  return { uris, dnsNames, others };
}

function at(elements: readonly DerElement[], index: number): DerElement {
  return defined(elements[index]);
}

function defined(element: DerElement | undefined): DerElement {
  if (element === undefined) throw new DerError('a field is missing');
  return element;
}
