import { putSecret } from './start-issuer.ts';
import { isReady, type CertManager } from '../../../tools/real/cert-manager.ts';
import { signLeaf, type SigningBao } from './signing-bao.ts';

interface VaultIssuer {
  readonly namespace: string;
  readonly name: string;
  readonly token: string;
}

/** An Issuer of cert-manager's that has that OpenBao sign leaves, and a Secret of its name with the token. */
export async function makeVaultIssuer(
  manager: CertManager,
  bao: SigningBao,
  { token, ...place }: VaultIssuer,
): Promise<void> {
  await putSecret(manager.api, place, { token });
  const vault = {
    server: bao.url,
    caBundle: Buffer.from(bao.ca).toString('base64'),
    path: signLeaf,
    auth: { tokenSecretRef: { name: place.name, key: 'token' } },
  };
  await manager.apply('issuer', { ...place, spec: { vault } });
  await manager.until('issuer', place, isReady);
}
