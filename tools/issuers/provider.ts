/* What a MeshConfig says of its certificates, as far as tools and tests write and read it. */

/** How a provider signs: one intermediate for the mesh, or every leaf. */
export type SigningMode = 'intermediate' | 'leaf';

interface SecretKeyRef {
  readonly name: string;
  readonly key: string;
}

export type VaultAuth =
  | { readonly kubernetes: { readonly mount: string; readonly role: string } }
  | { readonly tokenSecretRef: SecretKeyRef };

/** `spec.certificate.provider`. */
export type Provider =
  | {
      readonly kind: 'builtIn';
      readonly builtIn?: { readonly caSecretRef: { readonly name: string } };
    }
  | {
      readonly kind: 'certManager';
      readonly certManager: {
        readonly issuerRef: {
          readonly group: string;
          readonly kind: string;
          readonly name: string;
        };
        readonly mode: SigningMode;
      };
    }
  | {
      readonly kind: 'vault';
      readonly vault: {
        readonly address: string;
        readonly caBundleSecretRef: SecretKeyRef;
        readonly mount: string;
        readonly role: string;
        readonly mode: SigningMode;
        readonly auth: VaultAuth;
      };
    };

/** Names that the issuers of `tools/issuers` go by, in the cluster and inside OpenBao. */
export const names = {
  system: 'weft-system',
  controlPlane: 'weft-control-plane',
  clusterIssuers: ['mesh-ca', 'mesh-ca-2'],
  mounts: ['pki', 'pki-2'],
  role: 'weft',
  audience: 'vault',
  authMount: 'kubernetes',
  vaultCa: { name: 'weft-vault-ca', key: 'ca.crt' },
  vaultToken: { name: 'weft-vault-token', key: 'token' },
} as const;

/** Weft's own authority; its own Secret unless another one is named. */
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

/** A PKI mount of the OpenBao in the cluster. */
export function vaultProvider(
  mount: (typeof names.mounts)[number],
  mode: SigningMode = 'intermediate',
  auth: VaultAuth = { kubernetes: { mount: names.authMount, role: names.role } },
): Provider {
  const vault = {
    address: 'https://openbao.openbao.svc.cluster.local:8200',
    caBundleSecretRef: names.vaultCa,
    ...{ mount, role: names.role, mode, auth },
  };
  return { kind: 'vault', vault };
}
