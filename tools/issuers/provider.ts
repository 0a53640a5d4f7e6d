/* What a MeshConfig says to use the issuers of this folder. */
import type { MeshConfigSpec } from '../../src/api/gen/mesh-config.ts';
import type { Frozen } from '../../src/common/freeze.ts';

type Certificate = NonNullable<Frozen<MeshConfigSpec>['certificate']>;

/** `spec.certificate.provider`. */
export type Provider = NonNullable<Certificate['provider']>;

/** How a provider signs: one intermediate for the mesh, or every leaf. */
export type SigningMode = NonNullable<NonNullable<Provider['certManager']>['mode']>;

/** Names of the issuers, in the cluster and inside OpenBao. */
export const names = {
  system: 'weft-system',
  meshConfig: 'osm-mesh-config',
  controlPlane: 'weft-control-plane',
  clusterIssuers: ['mesh-ca', 'mesh-ca-2'],
  mounts: ['pki', 'pki-2'],
  role: 'weft',
  audience: 'vault',
  authMount: 'kubernetes',
  vaultCa: { name: 'weft-vault-ca', key: 'ca.crt' },
  vaultToken: { name: 'weft-vault-token', key: 'token' },
} as const;

/** Weft's built-in authority, with its default Secret unless another is named. */
export function builtInProvider(caSecret?: string): Provider {
  return caSecret === undefined
    ? { kind: 'builtIn' }
    : { kind: 'builtIn', builtIn: { caSecretRef: { name: caSecret } } };
}

/** A ClusterIssuer of the cert-manager in the cluster. */
export function certManagerProvider(
  name: (typeof names.clusterIssuers)[number],
  mode: SigningMode = 'intermediate',
): Provider {
  const issuerRef = { group: 'cert-manager.io', kind: 'ClusterIssuer', name };
  return { kind: 'certManager', certManager: { issuerRef, mode } };
}

/** How the control plane logs in at the cluster's OpenBao. */
export const vaultLogins = {
  kubernetes: { kubernetes: { mount: names.authMount, role: names.role } },
  token: { tokenSecretRef: names.vaultToken },
} as const;

/** A PKI mount of the OpenBao in the cluster. */
export function vaultProvider(
  mount: (typeof names.mounts)[number],
  mode: SigningMode = 'intermediate',
  login: keyof typeof vaultLogins = 'kubernetes',
): Provider {
  const vault = {
    address: 'https://openbao.openbao.svc.cluster.local:8200',
    caBundleSecretRef: names.vaultCa,
    ...{ mount, role: names.role, mode, auth: vaultLogins[login] },
  };
  return { kind: 'vault', vault };
}
