import { certificatesIn } from '../signing-authority.ts';
import { trustBundleOf, type TrustBundle } from '../trust-bundle.ts';

/** The roots that sign for one trust domain (SPIFFE Trust Domain and Bundle §3). */
export interface TrustedDomain {
  readonly trustDomain: string;
  /** PEM. */
  readonly roots: string;
}

/** The roots that every proxy in the mesh should trust. */
export interface MeshTrust {
  /** All roots, whatever they sign for. */
  readonly bundle: TrustBundle;
  /** Sorted by trust domain. There are several only while the mesh moves from one trust domain to another. */
  readonly domains: readonly TrustedDomain[];
}

/** Merges the roots, per trust domain and into one bundle. Equal roots give equal text on every replica. */
export function meshTrustOf(trusted: readonly TrustedDomain[]): MeshTrust {
  const names = [...new Set(trusted.map(({ trustDomain }) => trustDomain))].toSorted();
  return {
    bundle: bundleOf(trusted),
    domains: names.map((trustDomain) => ({
      trustDomain,
      roots: bundleOf(trusted.filter((one) => one.trustDomain === trustDomain)).pem,
    })),
  };
}

function bundleOf(trusted: readonly TrustedDomain[]): TrustBundle {
  const pem = trusted.map(({ roots }) => roots).join('\n');
  return trustBundleOf(certificatesIn(pem, 'the trusted roots'));
}
