import { describe, expect, it } from '@jest/globals';
import { ofFile } from '../../support/jest/of-file.ts';
import { makeCsr } from '../../support/certificates/make-csr.ts';
import { done, type BaoAnswer } from '../../../tools/real/openbao.ts';
import { makeToken } from '../../../tools/real/openbao-setup.ts';
import { mayLeaf, signLeaf, startSigningBao } from '../../support/issuers/signing-bao.ts';
import { until } from '../../support/time/until.ts';

// How the real OpenBao refuses: the status and the words that the provider has to understand.

const bao = ofFile(startSigningBao, 60_000);

describe('OpenBao refuses', () => {
  const ask = async (
    path: string,
    policy: 'leaf' | 'intermediate' | 'root',
    body: object,
  ): Promise<BaoAnswer> => {
    const token = policy === 'root' ? bao().rootToken : await makeToken(bao(), policy);
    return bao().call(path, { token, body });
  };
  interface Refusal {
    readonly what: string;
    readonly ask: () => Promise<BaoAnswer>;
    readonly status: number;
    readonly says: RegExp;
  }
  const foreign = (): Promise<string> => makeCsr({ uris: ['spiffe://other/ns/a/sa/b'] });
  // prettier-ignore
  const refusals: readonly Refusal[] = [
    { what: 'an unknown role', status: 400, says: /unknown role: x/,
      ask: () => ask('pki/sign/x', 'root', bao().leaf()) },
    { what: 'an unknown role, to a token for another', status: 403, says: /permission denied/,
      ask: () => ask('pki/sign/x', 'leaf', bao().leaf()) },
    { what: 'an unknown issuer', status: 500, says: /unable to find PKI issuer/,
      ask: () => ask('pki/issuer/x/sign/mesh', 'root', bao().leaf()) },
    { what: 'an unknown mount', status: 404, says: /no handler for route/,
      ask: () => ask('x/sign/mesh', 'root', bao().leaf()) },
    { what: 'an unknown mount, to a token for another', status: 403, says: /permission denied/,
      ask: () => ask('x/sign/mesh', 'leaf', bao().leaf()) },
    { what: 'an unknown namespace', status: 404, says: /namespace not found/,
      ask: () => bao().call(signLeaf, { namespace: 'x', body: bao().leaf() }) },
    { what: 'another path than the policy names', status: 403, says: /permission denied/,
      ask: () => ask('pki/root/generate/internal', 'intermediate', bao().intermediate()) },
    { what: 'no token', status: 403, says: /permission denied/,
      ask: () => bao().call(signLeaf, { token: '', body: bao().leaf() }) },
    { what: 'an expired token', status: 403, says: /permission denied/, ask: expired },
    { what: 'a revoked token', status: 403, says: /permission denied/, ask: revoked },
    { what: 'to renew what is not renewable', status: 400, says: /not renewable/,
      ask: renewUnrenewable },
    { what: 'a name outside the trust domain', status: 400, says: /not valid for this role/,
      ask: async () => ask(signLeaf, 'leaf', bao().leaf({ csr: await foreign() })) },
    { what: 'more calls than a quota allows', status: 429, says: /rate limit quota exceeded/,
      ask: tooMany },
    { what: 'what is no CSR', status: 400, says: /csr contains no data/,
      ask: () => ask(signLeaf, 'leaf', bao().leaf({ csr: 'x' })) },
  ];
  it.each(refusals)('$what', async ({ ask: refused, status, says }) => {
    const answer = await refused();
    expect(answer.status).toBe(status);
    expect(answer.errors.join()).toMatch(says);
  });

  it('everything while it is sealed, and nothing once it is not', async () => {
    const token = await makeToken(bao(), mayLeaf);
    const status = async (path: string, body?: object): Promise<number> =>
      (await bao().call(path, { token, body })).status;
    await bao().seal();
    try {
      const answer = await bao().call(signLeaf, { token, body: bao().leaf() });
      expect(answer).toMatchObject({ status: 503, errors: [expect.stringContaining('sealed')] });
      expect(await status('auth/token/renew-self', {})).toBe(503);
      expect(await status('pki/cert/ca')).toBe(503);
      expect(await status('sys/health')).toBe(503);
    } finally {
      await bao().unseal();
    }
    expect(await status(signLeaf, bao().leaf())).toBe(200);
  });

  async function expired(): Promise<BaoAnswer> {
    const token = await makeToken(bao(), mayLeaf, { lifetime: '1s' });
    return until(() => bao().call(signLeaf, { token, body: bao().leaf() }), {
      holds: ({ status }) => status !== 200,
      pauseMs: 100,
    });
  }

  async function tooMany(): Promise<BaoAnswer> {
    const quota = 'sys/quotas/rate-limit/few';
    await done(bao().call(quota, { body: { path: 'pki/', rate: 1, interval: '1m' } }));
    try {
      await done(bao().call(signLeaf, { body: bao().leaf() }));
      return await bao().call(signLeaf, { body: bao().leaf() });
    } finally {
      await done(bao().call(quota, { method: 'DELETE' }));
    }
  }

  async function revoked(): Promise<BaoAnswer> {
    const token = await makeToken(bao(), mayLeaf);
    await done(bao().call('auth/token/revoke', { body: { token } }));
    return bao().call(signLeaf, { token, body: bao().leaf() });
  }

  async function renewUnrenewable(): Promise<BaoAnswer> {
    const body = { policies: [mayLeaf], renewable: false, ttl: '1m' };
    const { auth } = await done(bao().call('auth/token/create', { body }));
    const token = String(auth['client_token']);
    return bao().call('auth/token/renew-self', { method: 'POST', token });
  }
});
