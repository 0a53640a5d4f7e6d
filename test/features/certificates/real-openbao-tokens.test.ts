import { describe, expect, it } from '@jest/globals';
import { ofFile } from '../../support/jest/of-file.ts';
import { done, type BaoAnswer } from '../../../tools/real/openbao.ts';
import {
  enableKubernetesAuth,
  makeToken,
  serviceAccountToken,
} from '../../../tools/real/openbao-setup.ts';
import { sharedApiServer } from '../../support/api-server/shared-api-server.ts';
import {
  mayLeaf,
  signed,
  signLeaf,
  startSigningBao,
  workloadId,
} from '../../support/issuers/signing-bao.ts';
import { until } from '../../support/time/until.ts';

// How long a token of the real OpenBao lives, and which accounts get a token.

const namespace = 'real-openbao-tokens';
const bao = ofFile(startSigningBao, 60_000);

describe('a token of OpenBao', () => {
  it('lives on by renewal alone', async () => {
    const [kept, left] = [
      await makeToken(bao(), mayLeaf, { period: '3s' }),
      await makeToken(bao(), mayLeaf, { period: '3s' }),
    ];
    const status = async (token: string): Promise<number> =>
      (await bao().call(signLeaf, { token, body: bao().leaf() })).status;
    expect(await status(left)).toBe(200);
    const renewed: unknown[] = [];
    const renewAndLook = async (): Promise<number> => {
      const { auth } = await done(
        bao().call('auth/token/renew-self', { method: 'POST', token: kept }),
      );
      renewed.push(auth);
      return status(left);
    };
    await until(renewAndLook, { holds: (seen) => seen === 403, withinMs: 15_000, pauseMs: 300 });
    for (const auth of renewed) expect(auth).toMatchObject({ renewable: true, lease_duration: 3 });
    expect(await status(kept)).toBe(200);
  }, 30_000);

  it('is given to a service account that the API server vouches for', async () => {
    const apiServer = sharedApiServer();
    const auth = await enableKubernetesAuth(bao(), apiServer, { namespace });
    const account = { namespace, name: 'weft', audience: 'openbao' };
    const role = { ...account, name: 'mesh', serviceAccount: 'openbao', policy: mayLeaf };
    await auth.makeRole(role);
    const login = async (jwt: Promise<string>, name = 'mesh'): Promise<BaoAnswer> =>
      bao().call('auth/kubernetes/login', { token: '', body: { role: name, jwt: await jwt } });
    const token = (audience: string, name = 'openbao'): Promise<string> =>
      serviceAccountToken(apiServer, { namespace, name, audience });

    const { auth: given } = await done(login(token('openbao')));
    expect(given).toMatchObject({ renewable: true, lease_duration: 3600 });
    const used = { token: String(given['client_token']), body: bao().leaf() };
    expect(signed(await bao().call(signLeaf, used)).altNames.uris).toEqual([workloadId]);

    expect(await login(token('elsewhere'))).toMatchObject({ status: 403 });
    expect(await login(Promise.resolve('not.a.token'))).toMatchObject({ status: 403 });
    expect(await login(token('openbao'), 'nobody')).toMatchObject({ status: 400 });
    await auth.makeRole({ ...role, name: 'stranger', serviceAccount: 'stranger' });
    expect(await login(token('openbao'), 'stranger')).toMatchObject({ status: 403 });

    await auth.pointAt('https://127.0.0.1:1');
    const answer = await login(token('openbao'));
    expect(answer).toMatchObject({ status: 403, errors: ['permission denied'] });
    await auth.pointAt(apiServer.url);
    expect((await login(token('openbao'))).status).toBe(200);
  }, 30_000);
});
