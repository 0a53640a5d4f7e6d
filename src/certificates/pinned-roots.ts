import { WeftError } from '../common/errors.ts';
import { certificatesIn, type AuthorityPem } from './signing-authority.ts';
import type { Certificate } from '../x509/certificate.ts';
import { completeChain } from '../x509/complete-chain.ts';

/**
 * The roots that were recorded when the issuer was taken into use. Weft accepts no other roots from it
 * (docs/decisions/0054).
 */
export interface PinnedRoots {
  readonly certificates: readonly Certificate[];
  readonly pem: string;
}

/** Undefined when nothing is pinned. Throws certificate-invalid for what is no PEM. */
export function parsePinnedRoots(pem: string | undefined): PinnedRoots | undefined {
  if (pem === undefined || pem.trim() === '') return undefined;
  return { certificates: certificatesIn(pem, 'the recorded root'), pem };
}

export function isPinned(pinned: PinnedRoots, root: Certificate): boolean {
  return pinned.certificates.some(({ fingerprint }) => fingerprint === root.fingerprint);
}

/** The authority with the pinned roots as its roots. Throws root-changed if its chain does not end in a pinned root. */
export function pinnedAuthority(pem: AuthorityPem, pinned: PinnedRoots): AuthorityPem {
  const chain = certificatesIn(pem.chain, 'the chain');
  const named = pem.roots.trim() === '' ? [] : certificatesIn(pem.roots, 'the roots');
  const others = [...pinned.certificates, ...chain, ...named];
  const [first] = chain as [Certificate];
  const { root, chain: path } = completeChain(first, others, (found) => isPinned(pinned, found));
  if (root === undefined || !isPinned(pinned, root)) throw rootChanged(pinned, root ?? path.at(-1));
  return { ...pem, roots: pinned.pem };
}

/** The error for a chain that ends in `came` instead of a pinned root. */
export function rootChanged(pinned: PinnedRoots, came: Certificate | undefined): WeftError {
  const expected = pinned.certificates.map(({ fingerprint }) => fingerprint).join(' or ');
  const what = came === undefined ? 'nothing' : `${describe(came)} ${came.fingerprint}`;
  return new WeftError(
    'root-changed',
    `the chain ends in ${what}, not in the recorded root ${expected}. If the ` +
      'MeshConfig names this issuer, Weft switches to the new root; if you wrote the MeshRootCertificate, ' +
      'create another MeshRootCertificate. Until then, Weft issues nothing under the new root',
    { retry: 'soon' },
  );
}

function describe(certificate: Certificate): string {
  return certificate.issuer.equals(certificate.subject) ? 'root' : 'a chain without root,';
}
