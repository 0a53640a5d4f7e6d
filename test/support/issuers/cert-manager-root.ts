import type { CertManagerRoot } from '../../../src/api/root-spec.ts';

/** A root that an issuer of cert-manager's own keeps. */
export const certManagerRoot = (
  name: string,
  mode: CertManagerRoot['mode'],
  kind: 'Issuer' | 'ClusterIssuer' = 'Issuer',
): CertManagerRoot => ({
  kind: 'certManager',
  issuerRef: { group: 'cert-manager.io', kind, name },
  mode,
});
