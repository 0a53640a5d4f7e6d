import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { VaultRoot } from '../../../src/api/root-spec.ts';
import { connect, type ApiConnection } from '../../../src/kubernetes/connect.ts';
import { identityKey } from '../../../src/policy/identity.ts';
import { startIssuer, type StartedIssuer } from '../../support/issuers/start-issuer.ts';
import { makeMeshPki, type MeshPki } from '../../support/issuers/mesh-pki.ts';
import { done, startOpenBao, type OpenBao } from '../../../tools/real/openbao.ts';
import { enableKubernetesAuth, makeToken } from '../../../tools/real/openbao-setup.ts';
import { sharedApiServer } from '../../support/api-server/shared-api-server.ts';
import { until } from '../../support/time/until.ts';
import { staysTrueFor } from '../../support/time/stays-true-for.ts';

// With an intermediate of Vault the token is needed once in days; what ends before is found out in time.

const pollIntervalMs = 300;
let bao: OpenBao;
let api: ApiConnection;
let mesh: MeshPki;
const started: StartedIssuer[] = [];

beforeAll(async () => {
  bao = await startOpenBao();
  api = await connect({ kubeconfig: sharedApiServer().kubeconfigPath });
  mesh = await makeMeshPki(bao, api, 'token-watch');
}, 60_000);
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});
afterAll(async () => {
  await api.close();
  await bao.stop();
});

async function start(change: Partial<VaultRoot> = {}): Promise<StartedIssuer> {
  const root = mesh.root({ mode: 'intermediate', ...change });
  const one = await startIssuer(root, { namespace: mesh.namespace, times: { pollIntervalMs } });
  started.push(one);
  await until(() => one.issuer.authority() !== undefined, { withinMs: 20_000 });
  return one;
}

async function issue({ issuer }: StartedIssuer): Promise<void> {
  const account = identityKey({ namespace: 'shop', serviceAccount: 'cart' });
  const subject = { kind: 'workload', trustDomain: 'cluster.local', account } as const;
  const request = { subject, validityMs: 3_600_000, keyKind: 'P-256' } as const;
  const { signer } = await issuer.issue(request, AbortSignal.timeout(10_000));
  expect(signer).toBe(issuer.authority()?.signer);
}

/** Has no failure during this number of checks of the token, which come once a second. */
const staysWell = ({ issuer }: StartedIssuer, looks: number): Promise<void> =>
  staysTrueFor(looks * 1_000, 'no trouble', () => issuer.lastFailure() === undefined);

describe('an intermediate whose token', () => {
  it('is revoked says so while leaves are issued, until another is in the Secret', async () => {
    const first = await makeToken(bao, mesh.policy);
    await mesh.useToken(first);
    const one = await start();
    await staysWell(one, 2);
    await done(bao.call('auth/token/revoke', { body: { token: first } }));
    await until(() => one.issuer.lastFailure() !== undefined, { withinMs: 20_000 });
    expect(one.issuer.lastFailure()).toMatchObject({
      code: 'issuer-refused',
      message: expect.stringMatching(
        /403.*the token in key token of Secret .*vault-token has expired/,
      ),
    });
    await issue(one);
    await mesh.useToken(await makeToken(bao, mesh.policy));
    await until(() => one.issuer.lastFailure() === undefined, { withinMs: 20_000 });
    await issue(one);
  }, 30_000);

  it('was revoked before the replica started says so as well', async () => {
    const token = await makeToken(bao, mesh.policy);
    await mesh.useToken(token);
    await done(bao.call('auth/token/revoke', { body: { token } }));
    const one = await start();
    await until(() => one.issuer.lastFailure()?.code === 'issuer-refused', { withinMs: 20_000 });
    await issue(one);
  }, 30_000);

  it('may not look itself up causes no failure until it is revoked', async () => {
    const body = { policies: [mesh.policy], no_default_policy: true, no_parent: true };
    const { auth } = await done(bao.call('auth/token/create', { body }));
    const token = String(auth['client_token']);
    const own = await bao.call('auth/token/lookup-self', { token });
    expect(own.status).toBe(403);
    await mesh.useToken(token);
    const one = await start();
    await staysWell(one, 3);
    await done(bao.call('auth/token/revoke', { body: { token } }));
    await until(() => one.issuer.lastFailure()?.code === 'issuer-refused', { withinMs: 20_000 });
  }, 30_000);
});

describe('an intermediate by Kubernetes auth', () => {
  it('logs in again when its token is gone, and says so when that is refused', async () => {
    const { namespace, policy } = mesh;
    const login = await enableKubernetesAuth(bao, sharedApiServer(), { mount: 'k8s/w', namespace });
    const role = { name: 'r', namespace, serviceAccount: 'weft-control-plane', policy };
    await login.makeRole({ ...role, audience: 'vault' });
    const auth = { kind: 'kubernetes', mount: 'k8s/w', role: 'r', audience: 'vault' } as const;
    const one = await start({ auth });
    const revokeAll = (): Promise<unknown> =>
      done(bao.call('sys/leases/revoke-prefix/auth/k8s/w', { body: { sync: true } }));
    await staysWell(one, 2);
    await revokeAll();
    await staysWell(one, 2);

    await login.makeRole({ ...role, audience: 'another' });
    await revokeAll();
    await until(() => one.issuer.lastFailure() !== undefined, { withinMs: 20_000 });
    expect(one.issuer.lastFailure()).toMatchObject({
      code: 'issuer-refused',
      message: expect.stringMatching(/auth\/k8s\/w\/login: 403/),
    });
    await issue(one);
    await login.makeRole({ ...role, audience: 'vault' });
    await until(() => one.issuer.lastFailure() === undefined, { withinMs: 20_000 });
  }, 40_000);
});
