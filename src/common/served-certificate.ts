import type { Secret } from './secret.ts';

/** The certificate of a TLS server: a PEM chain, leaf first, and its PEM key. */
export interface ServedCertificate {
  readonly chain: string;
  readonly key: Secret<string>;
}

/** The source of a TLS server's certificate. New connections get the current certificate. */
export interface CertificateSource {
  current(): ServedCertificate;
  /** Calls back after `current()` has changed, until the returned function is called. */
  onChange(changed: () => void): () => void;
}
