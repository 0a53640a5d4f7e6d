import { X509Certificate } from 'node:crypto';
import { certificateBlocks } from '../common/pem.ts';
import type { TrustBundle } from './trust-bundle.ts';

/** One hour: how often readers should read the bundle, in seconds (SPIFFE Trust Domain and Bundle §4.1.2). */
const refreshHint = 3600;

/**
 * The roots as a SPIFFE bundle (SPIFFE Trust Domain and Bundle §4): a JWK set with one `x509-svid` key per root.
 * `sequence` grows whenever the roots change.
 */
export function spiffeBundle({ pem }: TrustBundle, sequence: number): string {
  const keys = certificateBlocks(pem).map((block) => {
    const certificate = new X509Certificate(block);
    return {
      ...certificate.publicKey.export({ format: 'jwk' }),
      use: 'x509-svid',
      x5c: [certificate.raw.toString('base64')],
    };
  });
  return JSON.stringify({
    keys,
    spiffe_sequence: sequence,
    spiffe_refresh_hint: refreshHint,
  });
}
