import type { Certificate } from '../x509/certificate.ts';

/** One root that peers trust. */
export interface TrustedRoot {
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
}

/** The roots with which every proxy verifies its peers. Equal roots give equal text, on every replica. */
export interface TrustBundle {
  /** All roots as PEM, each once, ordered by fingerprint. */
  readonly pem: string;
  readonly roots: readonly TrustedRoot[];
}

export function trustBundleOf(certificates: readonly Certificate[]): TrustBundle {
  const byFingerprint = new Map(certificates.map((root) => [root.fingerprint, root]));
  const roots = [...byFingerprint.values()].sort((left, right) =>
    left.fingerprint < right.fingerprint ? -1 : 1,
  );
  return {
    pem: roots.map(({ pem }) => pem).join(''),
    roots: roots.map(({ fingerprint, notAfter }) => ({ fingerprint, notAfter })),
  };
}
