import type { ServerCertificate } from '../certificates/leaves/server-certificate.ts';
import type { Secret } from '../common/secret.ts';

/** What a TLS server of the control plane shows: a PEM chain, leaf first, and its PEM key. */
export interface ControlPlaneCertificate {
  current(): { readonly chain: string; readonly key: Secret<string> };
  onChange(changed: () => void): () => void;
}

/** The control plane's certificate for its HTTPS servers. `current` throws before the first was issued. */
export function servingCertificate(certificate: ServerCertificate): ControlPlaneCertificate {
  return {
    current: () => {
      const identity = certificate.current();
      if (identity === undefined) throw new Error('no serving certificate yet');
      return { chain: identity.certChainPem, key: identity.keyPem };
    },
    onChange: (changed) => certificate.onChange(changed),
  };
}
