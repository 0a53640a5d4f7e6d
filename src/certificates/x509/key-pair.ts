import { generateKeyPair, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

const generateSlowly = promisify(generateKeyPair);

/** The keys that Weft makes. P-256 is the default; RSA is for clients that know nothing else. */
export type KeyKind = 'P-256' | 'RSA-2048' | 'RSA-3072' | 'RSA-4096';

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** A P-256 pair takes 20 µs and is made at once; RSA takes 50 ms and more and is made off the event loop. */
export async function newKeyPair(kind: KeyKind): Promise<KeyPair> {
  if (kind === 'P-256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return generateSlowly('rsa', { modulusLength: Number(kind.slice('RSA-'.length)) });
}

const acceptedCurves: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1']);

/** PKCS#8 PEM. */
export function privateKeyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/**
 * Why a key is not accepted in a mesh certificate, or undefined. Accepted are P-256, P-384 and RSA
 * of 2048 to 8192 bits: what every Envoy build verifies at a bearable cost.
 */
export function keyWeakness(key: KeyObject): string | undefined {
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  const type = key.asymmetricKeyType ?? 'unknown';
  if (type === 'ec') return acceptedCurves.has(namedCurve) ? undefined : `curve ${namedCurve}`;
  if (type !== 'rsa') return `key type ${type}`;
  return modulusLength >= 2048 && modulusLength <= 8192
    ? undefined
    : `RSA of ${modulusLength} bits`;
}
