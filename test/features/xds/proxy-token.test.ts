import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubernetesObject, Pod } from '../../../src/api/core.ts';
import { tokenAudience } from '../../../src/api/labels.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import { fetchPublishedKeys } from '../../../src/authentication/jwks.ts';
import { proxyTokens } from '../../../src/authentication/proxy-token.ts';
import { type ApiConnection, connect } from '../../../src/kubernetes/connect.ts';
import type { Authenticate } from '../../../src/policy/proxy.ts';
import { sharedApiServer } from '../../support/api-server/shared-api-server.ts';
import { callApi } from '../../support/api-server/call-api.ts';

const call = callApi<Record<string, unknown>>;

const namespace = `tokens-${randomUUID().slice(0, 8)}`;
const space = `/api/v1/namespaces/${namespace}`;

describe('a token of the real API server', () => {
  let connection: ApiConnection;
  let authenticate: Authenticate;
  const pods = new Map<string, Pod>();
  const accounts = new Map<string, KubernetesObject>();
  const stopping = new AbortController();

  beforeAll(async () => {
    connection = await connect({ kubeconfig: sharedApiServer().kubeconfigPath });
    await call('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    for (const name of ['cart', 'till']) await makeAccount(name);
    for (const name of ['cart-1', 'cart-2']) {
      const { body } = await call('POST', `${space}/pods`, {
        metadata: { name },
        spec: { serviceAccountName: 'cart', containers: [{ name: 'cart', image: 'none' }] },
      });
      pods.set(`${namespace}/${name}`, body as unknown as Pod);
    }
    authenticate = proxyTokens({
      fetchKeys: (signal) => fetchPublishedKeys((path, at) => connection.read(path, at), signal),
      findPod: (inNamespace, name) => pods.get(`${inNamespace}/${name}`),
      findAccount: (inNamespace, name) => accounts.get(`${inNamespace}/${name}`),
      cache: { follow: () => () => undefined },
      clock: systemClock,
      logger: silentLogger,
    });
  });

  afterAll(async () => {
    stopping.abort();
    await connection.close();
  });

  async function makeAccount(name: string): Promise<void> {
    const { body } = await call('POST', `${space}/serviceaccounts`, { metadata: { name } });
    accounts.set(`${namespace}/${name}`, body as unknown as KubernetesObject);
  }

  interface Wanted {
    readonly account?: string;
    readonly audience?: string;
    readonly pod?: string;
  }

  async function issue({
    account = 'cart',
    audience = tokenAudience,
    pod,
  }: Wanted): Promise<string> {
    const { status, body } = await call('POST', `${space}/serviceaccounts/${account}/token`, {
      spec: {
        audiences: [audience],
        expirationSeconds: 3600,
        ...(pod === undefined
          ? {}
          : { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: pod } }),
      },
    });
    expect(status).toBe(201);
    return (body['status'] as { token: string }).token;
  }

  const check = (token: string) => authenticate(token, stopping.signal);

  it('returns the identity of the pod, and the end of the token', async () => {
    const proxy = await check(await issue({ pod: 'cart-1' }));
    expect(proxy).toMatchObject({
      pod: `${namespace}/cart-1`,
      uid: pods.get(`${namespace}/cart-1`)?.metadata.uid,
      account: `${namespace}/cart`,
    });
    expect(proxy.expires - Date.now()).toBeGreaterThan(3_500_000);
  });

  it.each([
    ['for another audience', { audience: 'vault', pod: 'cart-1' }],
    ['bound to no pod', {}],
  ])('is refused when it is %s', async (_, wanted) => {
    await expect(check(await issue(wanted))).rejects.toMatchObject({ code: 'not-authenticated' });
  });

  it('is refused when one part is of another token', async () => {
    const [one, other] = [await issue({ pod: 'cart-1' }), await issue({ pod: 'cart-2' })];
    const [head = '', , signature = ''] = one.split('.');
    const [, claims = ''] = other.split('.');
    await expect(check(`${head}.${claims}.${signature}`)).rejects.toMatchObject({
      code: 'not-authenticated',
    });
  });

  it('is refused when its pod was deleted and another came under the name', async () => {
    const token = await issue({ pod: 'cart-2' });
    await check(token);
    await call('DELETE', `${space}/pods/cart-2?gracePeriodSeconds=0`);
    const { body } = await call('POST', `${space}/pods`, {
      metadata: { name: 'cart-2' },
      spec: { serviceAccountName: 'cart', containers: [{ name: 'cart', image: 'none' }] },
    });
    pods.set(`${namespace}/cart-2`, body as unknown as Pod);
    await expect(check(token)).rejects.toMatchObject({ code: 'not-authenticated' });
    await check(await issue({ pod: 'cart-2' }));
  });

  it('is checked much faster here than by asking the API server', async () => {
    const token = await issue({ pod: 'cart-1' });
    const rounds = 300;
    // Each is reviewed once, for the API server remembers a good answer for ten seconds.
    const fresh = await Promise.all(Array.from({ length: 20 }, () => issue({ pod: 'cart-1' })));
    await check(token);
    const started = performance.now();
    for (let round = 0; round < rounds; round += 1) await check(token);
    const here = (performance.now() - started) / rounds;
    const asked = performance.now();
    for (const one of fresh)
      await call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
        spec: { token: one, audiences: [tokenAudience] },
      });
    const there = (performance.now() - asked) / fresh.length;
    process.stderr.write(`token check: ${here.toFixed(3)} ms here, ${there.toFixed(1)} ms asked\n`);
    expect(here).toBeLessThan(there);
  });
});
