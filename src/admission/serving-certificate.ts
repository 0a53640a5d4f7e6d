import type { Secret } from '../common/secret.ts';

/** What the webhook server shows to the API server: a PEM chain, leaf first, and its PEM key. */
export interface ServingCertificate {
  readonly chain: string;
  readonly key: Secret<string>;
}

/** The source of the serving certificate; its issuer implements this interface. */
export interface ServingCertificateSource {
  current(): ServingCertificate;
  /** Calls back after `current()` has changed, until the returned function is called. */
  onChange(changed: () => void): () => void;
}
