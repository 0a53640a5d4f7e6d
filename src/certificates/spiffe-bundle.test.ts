import { createPublicKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { certificatesIn, newRoot } from './signing-authority.ts';
import { spiffeBundle } from './spiffe-bundle.ts';
import { trustBundleOf } from './trust-bundle.ts';

interface Jwk {
  readonly use: string;
  readonly kty: string;
  readonly x5c: readonly [string];
}

describe('a SPIFFE bundle', () => {
  it('has one x509-svid key for each root, and nothing secret', async () => {
    const period = { now: Date.UTC(2026, 0, 1), validityMs: 3_600_000 };
    const roots = await Promise.all([newRoot('one', period), newRoot('two', period)]);
    const bundle = trustBundleOf(roots.flatMap(({ roots: pem }) => certificatesIn(pem, 'a root')));
    const text = spiffeBundle(bundle, 7);
    const document = JSON.parse(text) as { readonly keys: readonly Jwk[] };
    expect(document).toMatchObject({ spiffe_sequence: 7, spiffe_refresh_hint: 3600 });
    expect(document.keys.map(({ use, kty }) => [use, kty])).toEqual([
      ['x509-svid', 'EC'],
      ['x509-svid', 'EC'],
    ]);
    const fingerprints = document.keys.map(({ x5c: [der], ...key }) => {
      const certificate = new X509Certificate(Buffer.from(der, 'base64'));
      expect(certificate.publicKey.equals(createPublicKey({ key, format: 'jwk' }))).toBe(true);
      return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
    });
    expect(fingerprints).toEqual(bundle.roots.map(({ fingerprint }) => fingerprint));
    expect(text).not.toMatch(/"d":/);
  });
});
