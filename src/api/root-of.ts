import type { MeshConfigSpec } from './gen/mesh-config.ts';
import type { MeshRootCertificate } from './gen/mesh-root-certificate.ts';
import type { Frozen } from '../common/freeze.ts';
import { caSecret } from './control-plane-names.ts';
import type { KeyChoice, RootProvider, RootSpec, SecretKey, VaultAuth } from './root-spec.ts';

/**
 * The name of the first root's MeshRootCertificate. Replicas without a plan use the MeshConfig's spec under this name.
 */
export const firstRoot = 'weft-root-1';

type Certificate = NonNullable<Frozen<MeshConfigSpec>['certificate']>;
type Provider = NonNullable<Certificate['provider']>;
type MrcProvider = MeshRootCertificate['spec']['provider'];

/** The trust domain of a MeshConfig or MeshRootCertificate that names none. */
export const defaultTrustDomain = 'cluster.local';
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

/** The keys that a spec asks for; bits matter for RSA alone. */
export function keyChoice(algorithm: 'ECDSA' | 'RSA' | undefined, bits = defaultBits): KeyChoice {
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

type Vault = NonNullable<Provider['vault']>;

function vaultIn(vault: Vault): RootProvider | undefined {
  const auth = vault.auth && authIn(vault.auth);
  if (auth === undefined) return undefined;
  const { address, role, caBundleSecretRef: ca } = vault;
  const { mount = 'pki', issuer = 'default', namespace = '', mode = 'intermediate' } = vault;
  const caBundle = ca && secretKey(ca, 'ca.crt');
  const same = { kind: 'vault', address, mount, issuer, role, namespace, mode, auth } as const;
  return caBundle === undefined ? same : { ...same, caBundle };
}

interface SecretRef {
  readonly name: string;
  readonly key?: string;
}

function authIn({ kubernetes, tokenSecretRef }: NonNullable<Vault['auth']>): VaultAuth | undefined {
  if (kubernetes !== undefined) {
    const { mount = 'kubernetes', role, audience = 'vault' } = kubernetes;
    return { kind: 'kubernetes', mount, role, audience };
  }
  return tokenSecretRef && { kind: 'token', secret: secretKey(tokenSecretRef, 'token') };
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
  const { vaultNamespace: namespace = '', mode = 'leaf', kubernetesAuth, token } = vault;
  const auth = {
    ...(kubernetesAuth && { kubernetes: kubernetesAuth }),
    ...(token && { tokenSecretRef: token.secretKeyRef }),
  };
  return vaultIn({ ...vault, address: addressOfMrc(vault), namespace, mode, auth });
}

function addressOfMrc({ host, port = 8200, protocol = 'http' }: MrcVault): string {
  return `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
