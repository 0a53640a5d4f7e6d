import type { VaultAuth, VaultRoot } from '../../../src/api/root-spec.ts';
import type { ApiConnection } from '../../../src/kubernetes/connect.ts';
import { ensureNamespace, putSecret } from './start-issuer.ts';
import type { OpenBao } from '../../../tools/real/openbao.ts';
import {
  enablePki,
  makePolicy,
  makeRole,
  makeToken,
  type BaoPki,
} from '../../../tools/real/openbao-setup.ts';

/** A PKI engine with role `mesh`, and what a mesh in one namespace needs to use it by token. */
export interface MeshPki {
  readonly pki: BaoPki;
  readonly namespace: string;
  /** A policy for signing leaves and intermediates, by the default issuer and by name. */
  readonly policy: string;
  /** The root as a MeshConfig would ask for it; the default issuer, a token, mode leaf. */
  readonly root: (change?: Partial<VaultRoot>) => VaultRoot;
  /** Puts this token into the mesh's Secret. */
  readonly useToken: (token: string) => Promise<void>;
}

/** By token in a Secret. */
const tokenAuth: VaultAuth = {
  kind: 'token',
  secret: { name: 'vault-token', key: 'token' },
};

/** Makes the engine at `mesh/NAME`, the namespace NAME, and its Secrets `vault-ca` and `vault-token`. */
export async function makeMeshPki(
  bao: OpenBao,
  api: ApiConnection,
  name: string,
): Promise<MeshPki> {
  const mount = `mesh/${name}`;
  const pki = await enablePki(bao, { mount });
  await makeRole(bao, `${mount}/roles/mesh`);
  const paths = [
    'sign/mesh',
    'root/sign-intermediate',
    'issuer/+/sign/mesh',
    'issuer/+/sign-intermediate',
  ];
  const policy = await makePolicy(
    bao,
    name,
    paths.map((path) => `${mount}/${path}`),
  );
  const namespace = name;
  await ensureNamespace(api, namespace);
  await putSecret(api, { namespace, name: 'vault-ca' }, { 'ca.crt': bao.ca });
  const labels = { 'weft.dev/sent-to-vault': 'true' };
  const useToken = (token: string): Promise<void> =>
    putSecret(api, { namespace, name: 'vault-token', labels }, { token });
  await useToken(await makeToken(bao, policy));
  const base: VaultRoot = {
    kind: 'vault',
    address: bao.url,
    caBundle: { name: 'vault-ca', key: 'ca.crt' },
    ...{ namespace: '', mount, issuer: 'default', role: 'mesh', mode: 'leaf', auth: tokenAuth },
  };
  return { pki, namespace, policy, useToken, root: (change = {}) => ({ ...base, ...change }) };
}
