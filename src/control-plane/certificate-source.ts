import type { ServerIdentity } from '../certificates/leaves/server-certificate.ts';
import type { CertificateSource } from '../common/served-certificate.ts';
import type { Followed } from '../common/topic.ts';

/** The control plane's certificate for its servers. `current` throws before the first was issued. */
export function certificateSource(
  identity: Followed<ServerIdentity | undefined>,
): CertificateSource {
  return {
    current: () => {
      if (identity.value === undefined) throw new Error('no serving certificate yet');
      return { chain: identity.value.certChainPem, key: identity.value.keyPem };
    },
    onChange: (changed) => identity.follow(changed),
  };
}
