import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyPair } from '../../../src/x509/key-pair.ts';

/** A stored RSA pair; 1024 bits is one that must be refused. */
export function rsaKeys(bits: 1024 | 2048): KeyPair {
  const pem = readFileSync(join(import.meta.dirname, `rsa-${String(bits)}.pem`), 'utf8');
  const privateKey = createPrivateKey(pem);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

/** A new EC pair. */
export function ecKeys(namedCurve: 'P-256' | 'P-384' | 'P-521' | 'secp256k1' = 'P-256'): KeyPair {
  return generateKeyPairSync('ec', { namedCurve });
}
