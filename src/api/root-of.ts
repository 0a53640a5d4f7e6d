import type { MeshConfigSpec } from './gen/mesh-config.ts';
import type { MeshRootCertificate } from './gen/mesh-root-certificate.ts';
import type { Frozen } from '../common/freeze.ts';
import { caSecret } from './control-plane-names.ts';
import type { KeyChoice, RootProvider, RootSpec, VaultAuth } from './root-spec.ts';

/** The first root's MeshRootCertificate: replicas without a plan go by the spec under this name. */
export const firstRoot = 'weft-root-1';

type Certificate = NonNullable<Frozen<MeshConfigSpec>['certificate']>;
type Provider = NonNullable<Certificate['provider']>;
type MrcProvider = MeshRootCertificate['spec']['provider'];

const defaultTrustDomain = 'cluster.local';
const defaultBits = 2048;

/** The root that a MeshConfig asks for; undefined when the block of its provider is missing. */
export function rootOfMeshConfig({
  certificate = {},
}: Frozen<MeshConfigSpec>): RootSpec | undefined {
  const provider = providerIn(certificate.provider ?? {});
  if (provider === undefined) return undefined;
  return {
    provider,
    trustDomain: certificate.trustDomain ?? defaultTrustDomain,
    key: keyChoice(certificate.keyAlgorithm, certificate.certKeyBitSize),
  };
}

/** The root that a MeshRootCertificate stands for; undefined when its provider is missing. */
export function rootOfMrc({ spec }: Pick<MeshRootCertificate, 'spec'>): RootSpec | undefined {
  const provider = providerOfMrc(spec.provider);
  if (provider === undefined) return undefined;
  return {
    provider,
    trustDomain: spec.trustDomain ?? defaultTrustDomain,
    key: keyChoice(spec.keyAlgorithm, spec.keyBitSize),
  };
}

/** The provider block of a MeshRootCertificate that rootOfMrc reads back as `provider`. */
export function mrcProviderOf(provider: RootProvider, namespace: string): MrcProvider {
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

function keyChoice(algorithm: 'ECDSA' | 'RSA' | undefined, bits = defaultBits): KeyChoice {
  return algorithm === 'RSA' ? { algorithm, bits } : { algorithm: 'ECDSA' };
}

function providerIn({
  kind = 'builtIn',
  builtIn,
  certManager,
  vault,
}: Provider): RootProvider | undefined {
  if (kind === 'builtIn') return { kind, secretName: builtIn?.caSecretRef?.name ?? caSecret };
  if (kind === 'certManager') {
    if (certManager === undefined) return undefined;
    const { group = 'cert-manager.io', kind: of = 'ClusterIssuer', name } = certManager.issuerRef;
    return { kind, issuerRef: { group, kind: of, name }, mode: certManager.mode ?? 'intermediate' };
  }
  const auth = vault?.auth && authIn(vault.auth);
  if (vault === undefined || auth === undefined) return undefined;
  return {
    kind,
    address: vault.address,
    ...(vault.caBundleSecretRef && { caBundle: secretKey(vault.caBundleSecretRef, 'ca.crt') }),
    ...{ namespace: vault.namespace ?? '', mount: vault.mount ?? 'pki' },
    ...{ issuer: vault.issuer ?? 'default', role: vault.role },
    mode: vault.mode ?? 'intermediate',
    auth,
  };
}

type Auth = NonNullable<NonNullable<Provider['vault']>['auth']>;

function authIn({ kubernetes, tokenSecretRef }: Auth): VaultAuth | undefined {
  if (kubernetes !== undefined) return kubernetesAuth(kubernetes);
  return tokenSecretRef && { kind: 'token', secret: secretKey(tokenSecretRef, 'token') };
}

function kubernetesAuth({
  mount = 'kubernetes',
  role,
  audience = 'vault',
}: NonNullable<Auth['kubernetes']>): VaultAuth {
  return { kind: 'kubernetes', mount, role, audience };
}

function secretKey(
  { name, key }: { readonly name: string; readonly key?: string },
  byDefault: string,
): { readonly name: string; readonly key: string } {
  return { name, key: key ?? byDefault };
}

function providerOfMrc({ tresor, certManager, vault }: MrcProvider): RootProvider | undefined {
  if (tresor !== undefined) return { kind: 'builtIn', secretName: tresor.ca.secretRef.name };
  if (certManager !== undefined) {
    const { issuerGroup: group, issuerKind: kind, issuerName: name, mode = 'leaf' } = certManager;
    return { kind: 'certManager', issuerRef: { group, kind, name }, mode };
  }
  return vault && vaultOfMrc(vault);
}

type MrcVault = NonNullable<MrcProvider['vault']>;

function vaultOfMrc(vault: MrcVault): RootProvider | undefined {
  const { host, port = 8200, protocol = 'http', kubernetesAuth: login, token } = vault;
  const auth: VaultAuth | undefined =
    login !== undefined
      ? kubernetesAuth(login)
      : token && { kind: 'token', secret: secretKey(token.secretKeyRef, 'token') };
  if (auth === undefined) return undefined;
  return {
    kind: 'vault',
    address: `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ...(vault.caBundleSecretRef && { caBundle: secretKey(vault.caBundleSecretRef, 'ca.crt') }),
    ...{ namespace: vault.vaultNamespace ?? '', mount: vault.mount ?? 'pki' },
    ...{ issuer: vault.issuer ?? 'default', role: vault.role },
    mode: vault.mode ?? 'leaf',
    auth,
  };
}

function mrcVaultOf(
  { address, caBundle, namespace: vaultNamespace, auth, ...same }: RootProvider & { kind: 'vault' },
  namespace: string,
): MrcVault {
  const url = new URL(address);
  const { mount, issuer, role, mode } = same;
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 443 : Number(url.port),
    protocol: url.protocol === 'https:' ? 'https' : 'http',
    ...{ mount, issuer, role, mode, vaultNamespace },
    ...(caBundle && { caBundleSecretRef: { name: caBundle.name, key: caBundle.key } }),
    ...(auth.kind === 'kubernetes'
      ? { kubernetesAuth: { mount: auth.mount, role: auth.role, audience: auth.audience } }
      : { token: { secretKeyRef: { ...auth.secret, namespace } } }),
  };
}
