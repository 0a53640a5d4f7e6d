import { beforeAll, describe } from '@jest/globals';
import type { ProviderMode, VaultAuth, VaultRoot } from '../../src/api/root-spec.ts';
import { connect } from '../../src/kubernetes/connect.ts';
import { ofFile } from '../support/jest/of-file.ts';
import { startOpenBao } from '../../tools/real/openbao.ts';
import {
  enableKubernetesAuth,
  enablePki,
  makePolicy,
  makeRole,
  makeToken,
  type KubernetesAuth,
} from '../../tools/real/openbao-setup.ts';
import { sharedApiServer } from '../support/api-server/shared-api-server.ts';
import type { IssuerUnderTest } from '../support/issuers/issuer-under-test.ts';
import { describeInModes } from './issuer-contract.ts';
import {
  ensureNamespace,
  intermediateSecret,
  putSecret,
  startIssuer,
} from '../support/issuers/start-issuer.ts';

const bao = ofFile(startOpenBao, 60_000);
let login: KubernetesAuth;
beforeAll(async () => {
  login = await enableKubernetesAuth(bao(), sharedApiServer(), { namespace: 'contract-openbao' });
}, 60_000);

describe('OpenBao', () =>
  describeInModes(['token', 'kubernetes'], (auth) => `OpenBao by ${auth}`, start));

async function start(auth: VaultAuth['kind'], mode: ProviderMode): Promise<IssuerUnderTest> {
  const name = `${auth}-${mode}`;
  const namespace = `contract-${name}`;
  const mount = `mesh/${name}`;
  const pki = await enablePki(bao(), { mount });
  await makeRole(bao(), `${mount}/roles/mesh`);
  const path = `${mount}/${mode === 'leaf' ? 'sign/mesh' : 'root/sign-intermediate'}`;
  const policy = await makePolicy(bao(), name, [path]);
  const api = await connect({ kubeconfig: sharedApiServer().kubeconfigPath });
  await ensureNamespace(api, namespace);
  await putSecret(api, { namespace, name: 'vault-ca' }, { 'ca.crt': bao().ca });
  const token = await makeToken(bao(), policy, { period: '30m' });
  const labels = { 'weft.dev/sent-to-vault': 'true' };
  await putSecret(api, { namespace, name: 'vault-token', labels }, { token });
  await api.close();
  const serviceAccount = 'weft-control-plane';
  await login.makeRole({ name, namespace, serviceAccount, audience: 'vault', policy });
  const provider: VaultRoot = {
    kind: 'vault',
    address: bao().url,
    caBundle: { name: 'vault-ca', key: 'ca.crt' },
    ...{ namespace: '', mount, issuer: 'default', role: 'mesh', mode },
    auth:
      auth === 'token'
        ? { kind: 'token', secret: { name: 'vault-token', key: 'token' } }
        : { kind: 'kubernetes', mount: 'kubernetes', role: name, audience: 'vault' },
  };
  const started = await startIssuer(provider, { namespace, times: { pollIntervalMs: 300 } });
  return {
    issuer: started.issuer,
    replaceRoot: async () => {
      await pki.replaceRoot();
      if (mode === 'intermediate') await started.removeSecret(intermediateSecret);
    },
    stop: started.stop,
  };
}
