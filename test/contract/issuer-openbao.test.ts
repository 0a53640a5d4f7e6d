import { afterAll, beforeAll, describe } from '@jest/globals';
import type { ProviderMode, VaultAuth, VaultRoot } from '../../src/api/root-spec.ts';
import { connect } from '../../src/kubernetes/connect.ts';
import { startOpenBao, type OpenBao } from '../real/openbao.ts';
import {
  enableKubernetesAuth,
  enablePki,
  makePolicy,
  makeRole,
  makeToken,
  type KubernetesAuth,
} from '../real/openbao-setup.ts';
import { sharedApiServer } from '../shared-api-server.ts';
import { describeIssuer, type IssuerUnderTest } from './issuer-contract.ts';
import { ensureNamespace, intermediateSecret, putSecret, startIssuer } from './start-issuer.ts';

let bao: OpenBao;
let login: KubernetesAuth;
beforeAll(async () => {
  bao = await startOpenBao();
  login = await enableKubernetesAuth(bao, sharedApiServer(), { namespace: 'contract-openbao' });
}, 60_000);
afterAll(() => bao.stop());

interface Case {
  readonly auth: VaultAuth['kind'];
  readonly mode: ProviderMode;
}
const cases: readonly Case[] = [
  { auth: 'token', mode: 'intermediate' },
  { auth: 'token', mode: 'leaf' },
  { auth: 'kubernetes', mode: 'intermediate' },
  { auth: 'kubernetes', mode: 'leaf' },
];

describe.each(cases)('OpenBao', (one) => {
  describeIssuer(`OpenBao by ${one.auth}, mode ${one.mode}`, () => start(one));
});

async function start({ auth, mode }: Case): Promise<IssuerUnderTest> {
  const name = `${auth}-${mode}`;
  const namespace = `contract-${name}`;
  const mount = `mesh/${name}`;
  const pki = await enablePki(bao, { mount });
  await makeRole(bao, `${mount}/roles/mesh`);
  const path = `${mount}/${mode === 'leaf' ? 'sign/mesh' : 'root/sign-intermediate'}`;
  const policy = await makePolicy(bao, name, [path]);
  const api = await connect({ kubeconfig: sharedApiServer().kubeconfigPath });
  await ensureNamespace(api, namespace);
  await putSecret(api, { namespace, name: 'vault-ca' }, { 'ca.crt': bao.ca });
  const token = await makeToken(bao, policy, { period: '30m' });
  await putSecret(api, { namespace, name: 'vault-token' }, { token });
  await api.close();
  const serviceAccount = 'weft-control-plane';
  await login.makeRole({ name, namespace, serviceAccount, audience: 'vault', policy });
  const provider: VaultRoot = {
    kind: 'vault',
    address: bao.url,
    caBundle: { name: 'vault-ca', key: 'ca.crt' },
    ...{ namespace: '', mount, issuer: 'default', role: 'mesh', mode },
    auth:
      auth === 'token'
        ? { kind: 'token', secret: { name: 'vault-token', key: 'token' } }
        : { kind: 'kubernetes', mount: 'kubernetes', role: name, audience: 'vault' },
  };
  const started = await startIssuer(provider, { namespace, times: { lookMs: 300 } });
  return {
    issuer: started.issuer,
    replaceRoot: async () => {
      await pki.replaceRoot();
      if (mode === 'intermediate') await started.removeSecret(intermediateSecret);
    },
    stop: started.stop,
  };
}
