// Input: a leaf, or the PEM of a leaf from another replica. Output: whether the leaf fits the request. Rule: believe
// nothing that a replica says; read it from the certificates, and check it.
import { WeftError } from '../../common/errors.ts';
import type { Authority, Leaf } from '../issuer.ts';
import { rootOfSigner, signerId } from '../issuing-plan.ts';
import { problemOfIssued } from '../leaves/leaf-check.ts';
import { certificatesIn } from '../signing-authority.ts';
import { trustBundleOf } from '../trust-bundle.ts';
import type { Certificate } from '../../x509/certificate.ts';
import { completeChain } from '../../x509/complete-chain.ts';
import { kindOfKey } from '../../x509/key-pair.ts';
import { requestOf, type SharedLeafRequest, type SharedPem } from './shared-leaf-request.ts';

/** A leaf that this replica has, with its request. */
export interface KeptLeaf {
  readonly leaf: Leaf;
  readonly request: SharedLeafRequest;
}

/**
 * Whether a kept leaf answers this request. A leaf in the second half of its life answers none: renewal begins only
 * later (renewal.ts), so the first replica that renews causes a new leaf, and all others get that leaf.
 */
export function serves(
  { leaf, request: had }: KeptLeaf,
  request: SharedLeafRequest,
  now: number,
): boolean {
  const { notBefore, notAfter, signer } = leaf;
  return (
    signer === request.signer &&
    had.account === request.account &&
    had.trustDomain === request.trustDomain &&
    had.keyKind === request.keyKind &&
    now >= notBefore &&
    now < notBefore + (notAfter - notBefore) / 2
  );
}

/**
 * The leaf in the answer of another replica. Throws certificate-invalid unless it fits the request and comes from the
 * requested root.
 */
export function sharedLeaf(
  pem: SharedPem,
  request: SharedLeafRequest,
  { authority, now }: { readonly authority: Authority; readonly now: number },
): Leaf {
  const [first, ...above] = certificatesIn(pem.certificateChain, 'the leaf') as [Certificate];
  const root = rootFor(request.signer, authority);
  const { chain } = completeChain(first, [...above, root], (found) => found === root);
  const leaf: Leaf = {
    ...pem,
    notBefore: first.notBefore,
    notAfter: Math.min(...[...chain, root].map(({ notAfter }) => notAfter)),
    signer: request.signer,
  };
  const problem = problemIn(leaf, request, { root, now });
  if (problem !== undefined)
    throw new WeftError('certificate-invalid', `${problem.fault}: ${problem.message}`);
  if (kindOfKey(first.publicKey) !== request.keyKind)
    throw new WeftError('certificate-invalid', 'key-not-accepted: it has a key of another kind');
  return leaf;
}

function rootFor(signer: string, { bundle }: Authority): Certificate {
  const name = rootOfSigner(signer);
  const root = certificatesIn(bundle.pem, 'the trust bundle').find(
    ({ fingerprint }) => signerId(name, fingerprint) === signer,
  );
  if (root === undefined)
    throw new WeftError('certificate-invalid', 'chain-without-root: its root is not trusted');
  return root;
}

/** OpenSSL's message on a key that it cannot read could quote it, so it is left out. */
function problemIn(
  leaf: Leaf,
  request: SharedLeafRequest,
  { root, now }: { readonly root: Certificate; readonly now: number },
): ReturnType<typeof problemOfIssued> {
  try {
    return problemOfIssued(leaf, requestOf(request), { bundle: trustBundleOf([root]), now });
  } catch {
    return { fault: 'key-mismatch', message: 'the private key cannot be read' };
  }
}
