import { describe, expect, it } from '@jest/globals';
import { issue, ready, trouble } from '../../support/issuers/ask-issuer.ts';
import { issuersOfFile } from '../../support/issuers/issuers-of-file.ts';
import { ofFile } from '../../support/jest/of-file.ts';
import { done } from '../../../tools/real/openbao.ts';
import { enableKubernetesAuth, makeToken } from '../../../tools/real/openbao-setup.ts';
import { sharedApiServer } from '../../support/api-server/shared-api-server.ts';
import { startVaultRig } from '../../support/issuers/mesh-with-vault.ts';
import { until } from '../../support/time/until.ts';
import { letPass } from '../../support/time/let-pass.ts';

// How the issuer of a Vault comes by its token, and keeps it.

const vault = ofFile(() => startVaultRig('provider-logins'), 60_000);
const { start } = issuersOfFile(() => vault().wishes);

describe('an issuer by token', () => {
  it('goes on with the next one when the first is revoked', async () => {
    const first = await makeToken(vault().bao, vault().mesh.policy);
    await vault().mesh.useToken(first);
    const one = await ready(await start(vault().mesh.root()));
    await done(vault().bao.call('auth/token/revoke', { body: { token: first } }));
    await expect(issue(one)).rejects.toMatchObject({
      code: 'issuer-refused',
      message: expect.stringMatching(
        /403.*the token in key token of Secret .*vault-token has expired/,
      ),
    });
    expect(one.issuer.lastFailure()).toMatchObject({ code: 'issuer-refused' });
    await vault().mesh.useToken(await makeToken(vault().bao, vault().mesh.policy));
    await until(() => one.issuer.lastFailure() === undefined, { withinMs: 20_000 });
    await issue(one);
  });

  it('keeps a short-lived token alive, also while nothing is signed', async () => {
    const token = await makeToken(vault().bao, vault().mesh.policy, { period: '3s' });
    await vault().mesh.useToken(token);
    const one = await ready(await start(vault().mesh.root()));
    await letPass(7_000, 'twice the life of the token, and more');
    await issue(one);
    // Whole seconds are told of it, and there may be less than one left; a token that ended gets 403.
    const { data } = await done(vault().bao.call('auth/token/lookup-self', { token }));
    expect(data).toMatchObject({ renewable: true, period: 3 });
  }, 20_000);
});

describe('an issuer by Kubernetes auth', () => {
  it('logs in again when its token is gone, with a token for that audience alone', async () => {
    const { namespace, policy } = vault().mesh;
    const login = await enableKubernetesAuth(vault().bao, sharedApiServer(), {
      mount: 'k8s/a',
      namespace,
    });
    const role = { name: 'r', namespace, serviceAccount: 'weft-control-plane', policy };
    await login.makeRole({ ...role, audience: 'only-vault' });
    const auth = { kind: 'kubernetes', mount: 'k8s/a', role: 'r', audience: 'only-vault' } as const;
    const one = await ready(await start(vault().mesh.root({ auth })));
    const { data } = await done(
      vault().bao.call('auth/token/accessors', { method: 'LIST' as 'GET' }),
    );
    const accessors = data['keys'] as string[];
    for (const accessor of accessors) {
      const { data: found } = await vault().bao.call('auth/token/lookup-accessor', {
        body: { accessor },
      });
      if (String(found['path']).startsWith('auth/k8s/a'))
        await done(vault().bao.call('auth/token/revoke-accessor', { body: { accessor } }));
    }
    await issue(one);
    expect(one.issuer.lastFailure()).toBeUndefined();

    const wrong = await start(vault().mesh.root({ auth: { ...auth, audience: 'another' } }));
    expect(await trouble(wrong)).toMatchObject({
      code: 'issuer-refused',
      message: expect.stringMatching(/auth\/k8s\/a\/login: 403.*the audience another/),
    });
  }, 30_000);
});
