import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { parsePublishedKeys } from '../../../src/authentication/jwks.ts';
import { rsaKeys } from './test-keys.ts';

export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const wideEc = generateKeyPairSync('ec', { namedCurve: 'P-384' });
export const short = rsaKeys(1024);
export const forSecrets = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
/** The issuer that the API server publishes. */
export const issuer = 'https://kubernetes.default.svc';
/** The time of these tests, in milliseconds since the epoch. */
export const now = 1_800_000_000_000;

/** A public key as the API server publishes it. */
export const jwk = (key: KeyObject, kid: string): object => ({
  ...key.export({ format: 'jwk' }),
  kid,
  use: 'sig',
});

/** As an API server might publish them, with keys that must not count. */
export const published = parsePublishedKeys(
  { issuer },
  {
    keys: [
      'no key',
      jwk(rsa.publicKey, 'rsa-1'),
      jwk(rsa.publicKey, 'rsa-1'),
      jwk(ec.publicKey, 'ec-1'),
      jwk(wideEc.publicKey, 'ec-2'),
      { ...jwk(forSecrets.publicKey, 'enc-1'), use: 'enc' },
      jwk(short.publicKey, 'short'),
      { kty: 'oct', kid: 'secret', k: 'AAAA' },
    ],
  },
);

export const encode = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url');

/** Of a pod of this mesh, in force. */
export const goodClaims = {
  iss: issuer,
  aud: ['weft.dev'],
  exp: now / 1000 + 3600,
  nbf: now / 1000 - 60,
  sub: 'system:serviceaccount:shop:cart',
  'kubernetes.io': {
    namespace: 'shop',
    pod: { name: 'cart-1', uid: 'uid-1' },
    serviceaccount: { name: 'cart', uid: 'sa-uid' },
  },
};

type Header = Readonly<Record<string, unknown>> & { readonly alg: string };

/** Signed with the hash of the algorithm; the key need not fit it. */
function token(claims: object, key: KeyObject, header: Header): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  const by = { key, dsaEncoding: 'ieee-p1363' as const };
  const signature = sign(`sha${header.alg.slice(2)}`, Buffer.from(signed), by);
  return `${signed}.${signature.toString('base64url')}`;
}

export function rsaToken(claims: object, key = rsa.privateKey, header: object = {}): string {
  return token(claims, key, { alg: 'RS256', kid: 'rsa-1', ...header });
}

export function ecToken(claims: object): string {
  return token(claims, ec.privateKey, { alg: 'ES256', kid: 'ec-1' });
}

export function wideEcToken(claims: object): string {
  return token(claims, wideEc.privateKey, { alg: 'ES384', kid: 'ec-2' });
}

export function unsigned(alg: string): string {
  return `${encode({ alg, kid: 'rsa-1' })}.${encode(goodClaims)}.`;
}
