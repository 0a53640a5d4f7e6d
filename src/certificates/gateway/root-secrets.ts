import type { MeshRootCertificate } from '../../api/gen/mesh-root-certificate.ts';
import { rootOfMrc } from '../../api/root-of.ts';
import type { RootProvider } from '../../api/root-spec.ts';
import type { Gateway } from './gateway-secret.ts';

/** Whether a root is kept in this Secret, or its issuer needs a token or a CA bundle from it. Pure. */
export function holdsRoot(
  place: Gateway['secret'],
  roots: Iterable<Pick<MeshRootCertificate, 'metadata' | 'spec'>>,
): boolean {
  for (const root of roots) {
    const provider = rootOfMrc(root)?.provider;
    if (provider === undefined || root.metadata.namespace !== place.namespace) continue;
    if (secretsOf(provider).includes(place.name)) return true;
  }
  return false;
}

function secretsOf(provider: RootProvider): readonly string[] {
  if (provider.kind === 'builtIn') return [provider.secretName];
  if (provider.kind === 'certManager') return [];
  const { auth, caBundle } = provider;
  return [
    ...(auth.kind === 'token' ? [auth.secret.name] : []),
    ...(caBundle === undefined ? [] : [caBundle.name]),
  ];
}
