import { done } from '../real/openbao.ts';
import {
  enablePki,
  makeKubernetesRole,
  makePolicy,
  makeRole,
  makeToken,
} from '../real/openbao-setup.ts';
import { sentToVault } from '../../src/api/labels.ts';
import type { BaoAccess } from './openbao-access.ts';
import { type InstallPlace, readSecret, writeSecret } from './place.ts';
import { names } from './provider.ts';

/**
 * Prepares OpenBao for the mesh as its administrator would: PKI mounts with a root each and a role
 * for leaves; a policy that allows only to sign for the mesh; Kubernetes auth with
 * which the control plane gets that policy, and a periodic token as the other way; the Secrets that
 * a MeshConfig refers to. Existing settings stay.
 */
export async function configureOpenBao(place: InstallPlace, bao: BaoAccess): Promise<void> {
  const { system, mounts, role, vaultCa, vaultToken } = names;
  const there = await paths(bao, 'sys/mounts');
  for (const mount of mounts) {
    if (!there.has(`${mount}/`)) await enablePki(bao, { mount });
    await makeRole(bao, `${mount}/roles/${role}`, { trustDomain: '*' });
  }
  const policy = await makePolicy(bao, role, mounts.flatMap(signingPaths));
  await letControlPlaneIn(bao, policy);
  await writeSecret(place, { namespace: system, name: vaultCa.name }, { [vaultCa.key]: bao.ca });
  const secret = { namespace: system, name: vaultToken.name };
  const token = (await readSecret(place, secret))?.[vaultToken.key];
  const isUsable = token !== undefined && (await isGood(bao, token));
  const labels = { [sentToVault]: 'true' };
  await writeSecret(
    place,
    { ...secret, labels },
    { [vaultToken.key]: isUsable ? token : await makeToken(bao, policy, { period: '24h' }) },
  );
}

/** Intermediates and leaves; chains and roots are public. */
function signingPaths(mount: string): readonly string[] {
  return [
    `${mount}/root/sign-intermediate`,
    `${mount}/issuer/default/sign-intermediate`,
    `${mount}/sign/${names.role}`,
    `${mount}/issuer/default/sign/${names.role}`,
  ];
}

/** Kubernetes auth; the server calls the API server with the token and CA of its pod. */
async function letControlPlaneIn(bao: BaoAccess, policy: string): Promise<void> {
  const { authMount, role, system, controlPlane, audience } = names;
  if (!(await paths(bao, 'sys/auth')).has(`${authMount}/`))
    await done(bao.call(`sys/auth/${authMount}`, { body: { type: 'kubernetes' } }));
  const config = { kubernetes_host: 'https://kubernetes.default.svc' };
  await done(bao.call(`auth/${authMount}/config`, { body: config }));
  const account = { namespace: system, serviceAccount: controlPlane, audience };
  await makeKubernetesRole(bao, authMount, { name: role, ...account, policy });
}

async function paths(bao: BaoAccess, list: string): Promise<ReadonlySet<string>> {
  return new Set(Object.keys((await done(bao.call(list))).data));
}

async function isGood(bao: BaoAccess, token: string): Promise<boolean> {
  return (await bao.call('auth/token/lookup-self', { token })).status === 200;
}
