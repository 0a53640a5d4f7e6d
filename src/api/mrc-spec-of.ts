import type { MeshRootCertificate } from './gen/mesh-root-certificate.ts';
import type { RootProvider, RootSpec, VaultAuth, VaultRoot } from './root-spec.ts';

type MrcSpec = MeshRootCertificate['spec'];
type MrcProvider = MrcSpec['provider'];

/** The spec of a MeshRootCertificate in `namespace` from which rootOfMrc reads the same root back. */
export function mrcSpecOf(
  { provider, trustDomain, key }: RootSpec,
  namespace: string,
): Omit<MrcSpec, 'role'> {
  return {
    trustDomain,
    provider: mrcProviderOf(provider, namespace),
    keyAlgorithm: key.algorithm,
    ...(key.algorithm === 'RSA' ? { keyBitSize: key.bits } : {}),
  };
}

function mrcProviderOf(provider: RootProvider, namespace: string): MrcProvider {
  switch (provider.kind) {
    case 'builtIn':
      return { tresor: { ca: { secretRef: { name: provider.secretName, namespace } } } };
    case 'certManager': {
      const { group, kind, name } = provider.issuerRef;
      const issuer = { issuerName: name, issuerKind: kind, issuerGroup: group };
      return { certManager: { ...issuer, mode: provider.mode } };
    }
    case 'vault':
      return { vault: mrcVaultOf(provider, namespace) };
  }
}

function mrcVaultOf(root: VaultRoot, namespace: string): NonNullable<MrcProvider['vault']> {
  const { address, caBundle, auth, mount, issuer, role, mode } = root;
  const url = new URL(address);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 443 : Number(url.port),
    protocol: url.protocol === 'https:' ? 'https' : 'http',
    ...{ mount, issuer, role, mode, vaultNamespace: root.namespace },
    ...(caBundle && { caBundleSecretRef: { name: caBundle.name, key: caBundle.key } }),
    ...authOf(auth, namespace),
  };
}

function authOf(
  auth: VaultAuth,
  namespace: string,
): Pick<NonNullable<MrcProvider['vault']>, 'kubernetesAuth' | 'token'> {
  if (auth.kind === 'token') return { token: { secretKeyRef: { ...auth.secret, namespace } } };
  const { mount, role, audience } = auth;
  return { kubernetesAuth: { mount, role, audience } };
}
