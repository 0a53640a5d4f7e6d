import type { MeshConfigSpec } from './gen/mesh-config.ts';
import type { MeshRootCertificate } from './gen/mesh-root-certificate.ts';
import type { Frozen } from '../common/freeze.ts';
import { caSecret } from './control-plane-names.ts';
import type { KeyChoice, RootProvider, RootSpec, SecretKey, VaultAuth } from './root-spec.ts';

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

function providerIn(provider: Provider): RootProvider | undefined {
  const { kind = 'builtIn', builtIn, certManager, vault } = provider;
  switch (kind) {
    case 'builtIn':
      return { kind, secretName: builtIn?.caSecretRef?.name ?? caSecret };
    case 'certManager':
      return certManager && certManagerIn(certManager);
    case 'vault':
      return vault && vaultIn(vault);
  }
}

function certManagerIn({
  issuerRef: { group = 'cert-manager.io', kind = 'ClusterIssuer', name },
  mode = 'intermediate',
}: NonNullable<Provider['certManager']>): RootProvider {
  return { kind: 'certManager', issuerRef: { group, kind, name }, mode };
}

function vaultIn(vault: NonNullable<Provider['vault']>): RootProvider | undefined {
  const auth = vault.auth && authIn(vault.auth);
  if (auth === undefined) return undefined;
  const { address, role, caBundleSecretRef: ca, namespace = '', mode = 'intermediate' } = vault;
  return {
    kind: 'vault',
    address,
    role,
    namespace,
    mode,
    auth,
    ...pkiIn(vault),
    ...caBundleIn(ca),
  };
}

function pkiIn({ mount = 'pki', issuer = 'default' }: Pki): Required<Pki> {
  return { mount, issuer };
}

interface Pki {
  readonly mount?: string;
  readonly issuer?: string;
}

interface SecretRef {
  readonly name: string;
  readonly key?: string;
}

function caBundleIn(ref: SecretRef | undefined): { readonly caBundle?: SecretKey } {
  return ref === undefined ? {} : { caBundle: secretKey(ref, 'ca.crt') };
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

function secretKey({ name, key }: SecretRef, byDefault: string): SecretKey {
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
  const auth = authOfMrc(vault);
  if (auth === undefined) return undefined;
  const { role, caBundleSecretRef: ca, vaultNamespace: namespace = '', mode = 'leaf' } = vault;
  const address = addressOfMrc(vault);
  return {
    kind: 'vault',
    address,
    role,
    namespace,
    mode,
    auth,
    ...pkiIn(vault),
    ...caBundleIn(ca),
  };
}

function authOfMrc({ kubernetesAuth: login, token }: MrcVault): VaultAuth | undefined {
  if (login !== undefined) return kubernetesAuth(login);
  return token && { kind: 'token', secret: secretKey(token.secretKeyRef, 'token') };
}

function addressOfMrc({ host, port = 8200, protocol = 'http' }: MrcVault): string {
  return `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`;
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
