import { explicit, integer, oid, sequence, set } from './der.ts';
import { requestedExtensions, subjectName } from './extensions.ts';
import type { KeyPair } from './key-pair.ts';
import { oids } from './oids.ts';
import { pemOf } from '../common/pem.ts';
import { encodeSigned } from './sign.ts';
import type { CertificateTemplate } from './template.ts';

/**
 * PEM of a request (PKCS #10, RFC 2986) for the content of `template` without its dates, which a request cannot
 * contain.
 */
export function signingRequest(template: CertificateTemplate, keys: KeyPair): string {
  const extensions = sequence(...requestedExtensions(template));
  const info = sequence(
    version1,
    subjectName(template.commonName),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(0, sequence(oid(oids.extensionRequest), set(extensions))),
  );
  return pemOf('CERTIFICATE REQUEST', encodeSigned(info, keys.privateKey));
}

const version1 = integer(Uint8Array.of(0));
