import type { Secret } from './secret.ts';

/** What a TLS server shows: a PEM chain, leaf first, and its PEM key. */
export interface ServedCertificate {
  readonly chain: string;
  readonly key: Secret<string>;
}

/** Where a TLS server's certificate comes from. New connections get the current certificate. */
export interface CertificateSource {
  current(): ServedCertificate;
  /** Calls back after `current()` has changed, until the returned function is called. */
  onChange(changed: () => void): () => void;
}
