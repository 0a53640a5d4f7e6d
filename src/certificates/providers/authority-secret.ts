import type { ObjectMeta, SecretObject } from '../../api/core.ts';
import { WeftError } from '../../common/errors.ts';
import { Secret } from '../../common/secret.ts';
import type { AuthorityPem } from '../signing-authority.ts';

/** A CA as the Secret that keeps it: tls.crt, tls.key and ca.crt, as cert-manager writes them too. */
export function authoritySecret(pem: AuthorityPem, metadata: ObjectMeta): SecretObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    type: 'kubernetes.io/tls',
    data: {
      'tls.crt': encode(pem.chain),
      'tls.key': encode(pem.privateKey.reveal()),
      'ca.crt': encode(pem.roots),
    },
  };
}

/**
 * Reads the CA from a Secret of that form, or of OSM's form (ca.crt and private.key). Without ca.crt, the last
 * certificate of tls.crt is the root. Throws certificate-invalid, which names the missing key.
 */
export function authorityPemOf(secret: SecretObject): AuthorityPem {
  const data = secret.data ?? {};
  const osm = data['private.key'] !== undefined && data['tls.key'] === undefined;
  return {
    chain: required(data, osm ? 'ca.crt' : 'tls.crt'),
    privateKey: new Secret(required(data, osm ? 'private.key' : 'tls.key')),
    roots: decode(data['ca.crt'] ?? ''),
  };
}

/** Whether two Secrets hold the same CA. */
export function sameAuthority(left: SecretObject, right: SecretObject): boolean {
  return ['tls.crt', 'tls.key', 'ca.crt', 'private.key'].every(
    (key) => left.data?.[key] === right.data?.[key],
  );
}

function required(data: Readonly<Record<string, string>>, key: string): string {
  const value = data[key];
  if (value === undefined)
    throw new WeftError('certificate-invalid', `no-certificate: the Secret has no ${key}`);
  return decode(value);
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
