import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  ecToken,
  encode,
  forSecrets,
  goodClaims,
  issuer,
  jwk,
  now,
  published,
  rsa,
  rsaToken,
  short,
  stranger,
  unsigned,
  wideEcToken,
} from '../../test/support/keys/account-tokens.ts';
import { FakeClock, settle } from '../../test/support/time/fake-clock.ts';
import type { KubernetesObject, Pod } from '../api/core.ts';
import { WeftError } from '../common/errors.ts';
import { type Logger, silentLogger } from '../common/logger.ts';
import { parsePublishedKeys, type PublishedKeys } from './jwks.ts';
import { proxyTokens } from './proxy-token.ts';

function makePod(more: { uid?: string; phase?: string; serviceAccountName?: string } = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'shop', name: 'cart-1', uid: more.uid ?? 'uid-1' },
    spec: { serviceAccountName: more.serviceAccountName ?? 'cart', containers: [] },
    status: { phase: more.phase ?? 'Running' },
  };
}

function makeAccount(uid: string): KubernetesObject {
  const metadata = { namespace: 'shop', name: 'cart', uid };
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
}

describe('a proxy token', () => {
  let clock: FakeClock;
  let pods: Map<string, Pod>;
  let accounts: Map<string, KubernetesObject>;
  let fetches: number;
  let answer: () => Promise<PublishedKeys>;
  let logged: string[];
  const logger: Logger = {
    ...silentLogger,
    warn: (message, fields) => logged.push(JSON.stringify({ message, ...fields })),
  };

  beforeEach(() => {
    clock = new FakeClock(now);
    pods = new Map([['shop/cart-1', makePod()]]);
    accounts = new Map([['shop/cart', makeAccount('sa-uid')]]);
    fetches = 0;
    answer = () => Promise.resolve(published);
    logged = [];
  });

  /** Signatures are verified on another thread, so it takes a while until a check waits for the cache. */
  async function waiting(): Promise<void> {
    while (clock.sleeping === 0) await settle();
  }

  function authentication() {
    const authenticate = proxyTokens({
      fetchKeys: () => {
        fetches += 1;
        return answer();
      },
      findPod: (namespace, name) => pods.get(`${namespace}/${name}`),
      findAccount: (namespace, name) => accounts.get(`${namespace}/${name}`),
      clock,
      logger,
    });
    return (token: string) => authenticate(token, new AbortController().signal);
  }

  it.each([
    ['RS256', rsaToken(goodClaims)],
    ['ES256', ecToken(goodClaims)],
    ['ES384', wideEcToken(goodClaims)],
    ['an audience that is no list', rsaToken({ ...goodClaims, aud: 'weft.dev' })],
    ['case 30: half a minute ahead of us', rsaToken({ ...goodClaims, nbf: now / 1000 + 30 })],
  ])('says who the proxy is: %s', async (_, token) => {
    expect(await authentication()(token)).toEqual({
      pod: 'shop/cart-1',
      uid: 'uid-1',
      account: 'shop/cart',
      expires: now + 3_600_000,
    });
  });

  const hmac = (kid: string, secret: string | Buffer): string => {
    const signed = `${encode({ alg: 'HS256', kid })}.${encode(goodClaims)}`;
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  };
  const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
  const kubernetes = goodClaims['kubernetes.io'];
  it.each([
    ['no JWT', 'nonsense', 'not a JSON Web Token'],
    ['of four parts', `${rsaToken(goodClaims)}.AAAA`, 'not a JSON Web Token'],
    ['no JSON', 'AAAA.BBBB.CCCC', 'not a JSON Web Token'],
    ['not signed', unsigned('none'), 'value not allowed'],
    ['not signed, in capitals', unsigned('NONE'), 'value not allowed'],
    ['signed with the public key as a secret', hmac('rsa-1', publicPem), 'value not allowed'],
    ['signed with a published secret', hmac('secret', Buffer.alloc(3)), 'value not allowed'],
    ['signed by another key', rsaToken(goodClaims, stranger.privateKey), 'verification failed'],
    ['of no key id', rsaToken(goodClaims, rsa.privateKey, { kid: undefined }), 'no key id'],
    [
      'of an unknown key id',
      rsaToken(goodClaims, rsa.privateKey, { kid: 'other' }),
      'no applicable key',
    ],
    [
      'with an algorithm that is not the key’s',
      rsaToken(goodClaims, rsa.privateKey, { kid: 'ec-1' }),
      'no applicable key',
    ],
    [
      'with a padding that is not the API server’s',
      rsaToken(goodClaims, rsa.privateKey, { alg: 'PS256' }),
      'value not allowed',
    ],
    [
      'signed with a key that is not for signatures',
      rsaToken(goodClaims, forSecrets.privateKey, { kid: 'enc-1' }),
      'no applicable key',
    ],
    [
      'signed with a short key',
      rsaToken(goodClaims, short.privateKey, { kid: 'short' }),
      '2048 bits',
    ],
    [
      'with critical extensions',
      rsaToken(goodClaims, rsa.privateKey, { crit: ['x'.repeat(5_000)] }),
      'extension not supported',
    ],
    [
      'with claims that are not encoded',
      rsaToken(goodClaims, rsa.privateKey, { crit: ['b64'], b64: false }),
      'unencoded payload',
    ],
    [
      'with a key of its own',
      rsaToken(goodClaims, stranger.privateKey, { jwk: jwk(stranger.publicKey, 'rsa-1') }),
      'verification failed',
    ],
    ['of another issuer', rsaToken({ ...goodClaims, iss: 'https://elsewhere' }), '"iss"'],
    ['for another audience', rsaToken({ ...goodClaims, aud: ['vault'] }), '"aud"'],
    ['for no audience', rsaToken({ ...goodClaims, aud: undefined }), '"aud"'],
    ['that has expired', rsaToken({ ...goodClaims, exp: now / 1000 - 60 }), 'expired'],
    ['that expired just now', rsaToken({ ...goodClaims, exp: now / 1000 - 10 }), 'expired'],
    ['that never expires', rsaToken({ ...goodClaims, exp: undefined }), '"exp"'],
    ['that expires at no time', rsaToken({ ...goodClaims, exp: 'never' }), '"exp"'],
    ['that is not valid yet', rsaToken({ ...goodClaims, nbf: now / 1000 + 60 }), '"nbf"'],
    [
      'of another subject',
      rsaToken({ ...goodClaims, sub: 'system:serviceaccount:shop:till' }),
      'another subject',
    ],
    [
      'bound to no pod',
      rsaToken({ ...goodClaims, 'kubernetes.io': { ...kubernetes, pod: undefined } }),
      'not bound to a pod',
    ],
    [
      'without the uid of its service account',
      rsaToken({
        ...goodClaims,
        'kubernetes.io': { ...kubernetes, serviceaccount: { name: 'cart' } },
      }),
      'not bound to a pod',
    ],
  ])('is refused when it is %s', async (_, token, reason) => {
    await expect(authentication()(token)).rejects.toMatchObject({
      code: 'not-authenticated',
      message: 'not authenticated',
    });
    expect(logged).toHaveLength(1);
    expect(JSON.parse(logged.join())).toMatchObject({ reason: expect.stringContaining(reason) });
    expect(logged.join().length).toBeLessThan(200);
    for (const part of token.split('.').filter((one) => one.length > 20))
      expect(logged.join()).not.toContain(part);
  });

  it('names the pod of a token that is refused, once its signature is valid', async () => {
    const expired = { ...goodClaims, exp: now / 1000 - 60 };
    await expect(authentication()(rsaToken(expired))).rejects.toThrow();
    await expect(authentication()(rsaToken(expired, stranger.privateKey))).rejects.toThrow();
    expect(logged.map((line) => line.includes('shop/cart-1'))).toEqual([true, false]);
  });

  it('is valid for nine seconds more, for clocks that differ', async () => {
    const token = rsaToken({ ...goodClaims, exp: now / 1000 - 9 });
    expect((await authentication()(token)).expires).toBe(now - 9_000);
  });

  it('is refused with one letter of its claims changed', async () => {
    const [head, , signature] = rsaToken(goodClaims).split('.');
    const forged = encode({ ...goodClaims, sub: 'system:serviceaccount:shop:root' });
    await expect(authentication()(`${head ?? ''}.${forged}.${signature ?? ''}`)).rejects.toThrow();
  });

  it.each([
    ['has finished', makePod({ phase: 'Succeeded' })],
    ['runs as another account', makePod({ serviceAccountName: 'till' })],
  ])('is refused when the pod %s', async (_, pod) => {
    pods.set('shop/cart-1', pod);
    await expect(authentication()(rsaToken(goodClaims))).rejects.toThrow('not authenticated');
  });

  it.each([
    ['is gone', undefined],
    ['is a successor of the same name', makePod({ uid: 'uid-2' })],
  ])('is refused in the end when the pod %s', async (_, pod) => {
    pods.clear();
    if (pod !== undefined) pods.set('shop/cart-1', pod);
    const refused = expect(authentication()(rsaToken(goodClaims))).rejects.toThrow();
    await waiting();
    await clock.advance(5_000);
    await refused;
  });

  it.each([
    ['is gone', undefined],
    ['is a successor of the same name (S14)', makeAccount('sa-uid-2')],
  ])('is refused in the end when its service account %s', async (_, account) => {
    accounts.clear();
    if (account !== undefined) accounts.set('shop/cart', account);
    const refused = expect(authentication()(rsaToken(goodClaims))).rejects.toThrow();
    await waiting();
    await clock.advance(5_000);
    await refused;
    expect(logged.join()).toContain('no such service account');
  });

  it('waits for a service account that the cache has not heard of yet', async () => {
    accounts.clear();
    const accepted = authentication()(rsaToken(goodClaims));
    await waiting();
    await clock.advance(1_000);
    accounts.set('shop/cart', makeAccount('sa-uid'));
    await clock.advance(200);
    expect((await accepted).account).toBe('shop/cart');
  });

  it('waits for a pod that the cache has not heard of yet', async () => {
    pods.clear();
    const accepted = authentication()(rsaToken(goodClaims));
    await waiting();
    await clock.advance(1_000);
    pods.set('shop/cart-1', makePod());
    await clock.advance(200);
    expect((await accepted).uid).toBe('uid-1');
  });

  it('asks for keys once, however many come and whatever unknown keys they show', async () => {
    const authenticate = authentication();
    const token = rsaToken(goodClaims);
    await Promise.all([authenticate(token), authenticate(token), authenticate(token)]);
    expect(fetches).toBe(1);
    for (let turn = 0; turn < 5; turn += 1)
      await expect(
        authenticate(rsaToken(goodClaims, rsa.privateKey, { kid: `unknown-${turn}` })),
      ).rejects.toThrow();
    expect(fetches).toBe(1);
    await clock.advance(11_000);
    await expect(
      authenticate(rsaToken(goodClaims, rsa.privateKey, { kid: 'unknown' })),
    ).rejects.toThrow();
    expect(fetches).toBe(2);
  });

  it('accepts a key that the API server began to use', async () => {
    answer = () => Promise.resolve(parsePublishedKeys({ issuer }, { keys: [] }));
    const authenticate = authentication();
    await expect(authenticate(rsaToken(goodClaims))).rejects.toThrow();
    answer = () => Promise.resolve(published);
    await clock.advance(11_000);
    await authenticate(rsaToken(goodClaims));
  });

  it('does without the API server once it has the keys, and says so when it never had', async () => {
    const authenticate = authentication();
    await authenticate(rsaToken(goodClaims));
    answer = () => Promise.reject(new WeftError('api-unavailable', 'away', { retry: 'soon' }));
    await clock.advance(600_000);
    await authenticate(rsaToken(goodClaims));
    await expect(authentication()(rsaToken(goodClaims))).rejects.toMatchObject({
      code: 'api-unavailable',
    });
  });

  it('stops believing a key that was taken back', async () => {
    const authenticate = authentication();
    await authenticate(rsaToken(goodClaims));
    answer = () => Promise.resolve(parsePublishedKeys({ issuer }, { keys: [] }));
    await clock.advance(301_000);
    await authenticate(rsaToken(goodClaims));
    await clock.advance(1);
    await expect(authenticate(rsaToken(goodClaims))).rejects.toThrow('not authenticated');
  });
});
