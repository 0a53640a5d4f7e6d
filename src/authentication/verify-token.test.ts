import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  encode,
  forSecrets,
  goodClaims,
  jwk,
  now,
  rsa,
  rsaToken,
  short,
  stranger,
  unsigned,
} from '../../test/support/keys/account-tokens.ts';
import { TokenStage } from '../../test/support/keys/token-stage.ts';

describe('the signature and the claims of a token', () => {
  let stage: TokenStage;
  beforeEach(() => {
    stage = new TokenStage();
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
      'with a key in its header',
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
    await expect(stage.authentication()(token)).rejects.toMatchObject({
      code: 'not-authenticated',
      message: 'not authenticated',
    });
    expect(stage.logged).toHaveLength(1);
    expect(JSON.parse(stage.logged.join())).toMatchObject({
      reason: expect.stringContaining(reason),
    });
    expect(stage.logged.join().length).toBeLessThan(200);
    for (const part of token.split('.').filter((one) => one.length > 20))
      expect(stage.logged.join()).not.toContain(part);
  });

  it('names the pod of a token that is refused, once its signature is valid', async () => {
    const expired = { ...goodClaims, exp: now / 1000 - 60 };
    await expect(stage.authentication()(rsaToken(expired))).rejects.toThrow();
    await expect(stage.authentication()(rsaToken(expired, stranger.privateKey))).rejects.toThrow();
    expect(stage.logged.map((line) => line.includes('shop/cart-1'))).toEqual([true, false]);
  });

  it('is valid for nine seconds more, for clocks that differ', async () => {
    const token = rsaToken({ ...goodClaims, exp: now / 1000 - 9 });
    expect((await stage.authentication()(token)).expires).toBe(now - 9_000);
  });

  it('is refused with one letter of its claims changed', async () => {
    const [head, , signature] = rsaToken(goodClaims).split('.');
    const forged = encode({ ...goodClaims, sub: 'system:serviceaccount:shop:root' });
    await expect(
      stage.authentication()(`${head ?? ''}.${forged}.${signature ?? ''}`),
    ).rejects.toThrow();
  });
});
