import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '../../test/support/time/fake-clock.ts';
import type { KubernetesObject, Pod } from '../api/core.ts';
import { WeftError } from '../common/errors.ts';
import { type Logger, silentLogger } from '../common/logger.ts';
import { parsePublishedKeys, type PublishedKeys } from './jwks.ts';
import { proxyTokens } from './proxy-token.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const issuer = 'https://kubernetes.default.svc';
const now = 1_800_000_000_000;

const jwk = (key: KeyObject, kid: string): object => ({
  ...key.export({ format: 'jwk' }),
  kid,
  use: 'sig',
});
const published = parsePublishedKeys(
  { issuer },
  { keys: [jwk(rsa.publicKey, 'rsa-1'), jwk(ec.publicKey, 'ec-1')] },
);

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const goodClaims = {
  iss: issuer,
  aud: ['weft.dev'],
  exp: now / 1000 + 3600,
  nbf: now / 1000 - 60,
  sub: 'system:serviceaccount:shop:cart',
  'kubernetes.io': {
    namespace: 'shop',
    pod: { name: 'cart-1', uid: 'uid-1' },
    serviceaccount: { name: 'cart', uid: 'sa-uid' },
  },
};

function rsaToken(claims: object, key = rsa.privateKey, head: object = {}): string {
  const signed = `${encode({ alg: 'RS256', kid: 'rsa-1', ...head })}.${encode(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

function ecToken(claims: object): string {
  const signed = `${encode({ alg: 'ES256', kid: 'ec-1' })}.${encode(claims)}`;
  const key = { key: ec.privateKey, dsaEncoding: 'ieee-p1363' as const };
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}

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

  const hmac = (() => {
    const signed = `${encode({ alg: 'HS256', kid: 'rsa-1' })}.${encode(goodClaims)}`;
    const secret = rsa.publicKey.export({ type: 'spki', format: 'pem' });
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  })();
  const kubernetes = goodClaims['kubernetes.io'];
  it.each([
    ['no JWT', 'nonsense'],
    ['not signed', `${encode({ alg: 'none', kid: 'rsa-1' })}.${encode(goodClaims)}.`],
    ['signed with the public key as a secret', hmac],
    ['signed by another key', rsaToken(goodClaims, stranger.privateKey)],
    ['of an unknown key id', rsaToken(goodClaims, rsa.privateKey, { kid: 'other' })],
    [
      'with an algorithm that is not the key’s',
      rsaToken(goodClaims, rsa.privateKey, { kid: 'ec-1' }),
    ],
    ['with critical extensions', rsaToken(goodClaims, rsa.privateKey, { crit: ['x'] })],
    ['of another issuer', rsaToken({ ...goodClaims, iss: 'https://elsewhere' })],
    ['for another audience', rsaToken({ ...goodClaims, aud: ['vault'] })],
    ['that has expired', rsaToken({ ...goodClaims, exp: now / 1000 - 60 })],
    ['that never expires', rsaToken({ ...goodClaims, exp: undefined })],
    ['that is not valid yet', rsaToken({ ...goodClaims, nbf: now / 1000 + 60 })],
    ['of another subject', rsaToken({ ...goodClaims, sub: 'system:serviceaccount:shop:till' })],
    [
      'bound to no pod',
      rsaToken({ ...goodClaims, 'kubernetes.io': { ...kubernetes, pod: undefined } }),
    ],
    [
      'without the uid of its service account',
      rsaToken({
        ...goodClaims,
        'kubernetes.io': { ...kubernetes, serviceaccount: { name: 'cart' } },
      }),
    ],
  ])('is refused when it is %s', async (_, token) => {
    await expect(authentication()(token)).rejects.toMatchObject({
      code: 'not-authenticated',
      message: 'not authenticated',
    });
    expect(logged).toHaveLength(1);
    for (const part of token.split('.').filter((one) => one.length > 20))
      expect(logged.join()).not.toContain(part);
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
    await clock.advance(5_000);
    await refused;
    expect(logged.join()).toContain('no such service account');
  });

  it('waits for a service account that the cache has not heard of yet', async () => {
    accounts.clear();
    const accepted = authentication()(rsaToken(goodClaims));
    await clock.advance(1_000);
    accounts.set('shop/cart', makeAccount('sa-uid'));
    await clock.advance(200);
    expect((await accepted).account).toBe('shop/cart');
  });

  it('waits for a pod that the cache has not heard of yet', async () => {
    pods.clear();
    const accepted = authentication()(rsaToken(goodClaims));
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
