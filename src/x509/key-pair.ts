import {
  generateKeyPair as generateWithCallback,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyChoice } from '../api/root-spec.ts';
import { WeftError } from '../common/errors.ts';
import { Semaphore } from '../common/semaphore.ts';

const generateOffLoop = promisify(generateWithCallback);

/**
 * The keys that Weft makes. P-256 is the default; RSA, with its size in bits, is for peers that do not support ECDSA.
 */
export type KeyKind = 'P-256' | `RSA-${number}`;

/** The kind of key that a root's settings ask for. */
export function keyKindOf(choice: KeyChoice): KeyKind {
  return choice.algorithm === 'ECDSA' ? 'P-256' : `RSA-${choice.bits}`;
}

/** The kind of a key that Weft could have made; undefined for any other. */
export function kindOfKey(key: KeyObject): KeyKind | undefined {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ec') return namedCurve === 'prime256v1' ? 'P-256' : undefined;
  return modulusLength === undefined ? undefined : `RSA-${modulusLength}`;
}

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Two RSA pairs are made at once: the threads that make them have other work too. */
const rsaPairs = new Semaphore(2);

/**
 * A P-256 pair takes 20 µs and is made at once; RSA takes 50 ms and more, on a thread of the pool.
 * Rejects with configuration-invalid for a size outside 2048 to 8192 bits.
 */
export async function generateKeyPair(kind: KeyKind): Promise<KeyPair> {
  if (kind === 'P-256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const modulusLength = Number(kind.slice('RSA-'.length));
  if (!(modulusLength >= smallestRsa && modulusLength <= largestRsa))
    throw new WeftError('configuration-invalid', `an RSA key cannot have ${modulusLength} bits`);
  return rsaPairs.run(() => generateOffLoop('rsa', { modulusLength }));
}

const smallestRsa = 2048;
const largestRsa = 8192;

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
  return modulusLength >= smallestRsa && modulusLength <= largestRsa
    ? undefined
    : `RSA of ${modulusLength} bits`;
}
