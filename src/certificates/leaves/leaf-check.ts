import { onceFor } from '../../common/once-for.ts';
import { createPrivateKey } from 'node:crypto';
import type { Leaf, LeafRequest } from '../issuer.ts';
import { certificatesIn, templateOf } from '../signing-authority.ts';
import type { TrustBundle } from '../trust-bundle.ts';
import type { Certificate } from '../../x509/certificate.ts';
import { problemOfLeaf, type CertificateProblem } from '../../x509/validate.ts';

/**
 * Checks an issued leaf before any caller gets it: exactly the requested names, chain to a trusted root, key, dates.
 * Throws certificate-invalid when the chain is not PEM.
 */
export function problemOfIssued(
  leaf: Leaf,
  request: LeafRequest,
  { bundle, now }: { readonly bundle: TrustBundle; readonly now: number },
): CertificateProblem | undefined {
  const chain = certificatesIn(leaf.certificateChain, 'the leaf');
  const privateKey = createPrivateKey(leaf.privateKey.reveal());
  const expected = templateOf(request.subject, leaf);
  return problemOfLeaf({ chain, privateKey, roots: parsedRoots(bundle) }, expected, now);
}

const parsedRoots = onceFor((bundle: TrustBundle): readonly Certificate[] =>
  certificatesIn(bundle.pem, 'the trust bundle'),
);
