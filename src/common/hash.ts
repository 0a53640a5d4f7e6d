import { createHash } from 'node:crypto';

/** 128 bits of SHA-256 in hex: equal content has equal text, on every machine and in every run. */
export function contentHash(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 32);
}
