import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  cryptoProvider,
} from '@peculiar/x509';

export interface CsrWishes {
  readonly commonName?: string;
  readonly uris?: readonly string[];
  readonly dnsNames?: readonly string[];
  /** Asks for a CA in the request's own basic constraints, with so many CAs below it. */
  readonly ca?: { readonly pathLength: number };
  /** A key usage of its own; left out, the request says none. */
  readonly keyUsage?: keyof typeof KeyUsageFlags;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** PEM of a certificate signing request for a new P-256 key, which is not kept. */
export async function makeCsr(wishes: CsrWishes): Promise<string> {
  cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const { commonName, uris = [], dnsNames = [], ca, keyUsage } = wishes;
  const names = [
    ...uris.map((value) => ({ type: 'url' as const, value })),
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
  ];
  const request = await Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: algorithm,
    ...(commonName === undefined ? {} : { name: [{ CN: [commonName] }] }),
    extensions: [
      ...(names.length === 0
        ? []
        : [new SubjectAlternativeNameExtension(names, commonName === undefined)]),
      ...(ca === undefined ? [] : [new BasicConstraintsExtension(true, ca.pathLength, true)]),
      ...(keyUsage === undefined ? [] : [new KeyUsagesExtension(KeyUsageFlags[keyUsage], true)]),
    ],
  });
  return request.toString('pem');
}
