import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  ecToken,
  goodClaims,
  now,
  rsaToken,
  wideEcToken,
} from '../../test/support/keys/account-tokens.ts';
import { makeAccount, makeTokenPod, TokenStage } from '../../test/support/keys/token-stage.ts';

describe('a proxy token', () => {
  let stage: TokenStage;
  beforeEach(() => {
    stage = new TokenStage();
  });

  it.each([
    ['RS256', rsaToken(goodClaims)],
    ['ES256', ecToken(goodClaims)],
    ['ES384', wideEcToken(goodClaims)],
    ['an audience that is no list', rsaToken({ ...goodClaims, aud: 'weft.dev' })],
    ['case 30: half a minute ahead of us', rsaToken({ ...goodClaims, nbf: now / 1000 + 30 })],
  ])('returns the identity of the proxy: %s', async (_, token) => {
    expect(await stage.authentication()(token)).toEqual({
      pod: 'shop/cart-1',
      uid: 'uid-1',
      account: 'shop/cart',
      expires: now + 3_600_000,
    });
  });

  it.each([
    ['has finished', makeTokenPod({ phase: 'Succeeded' })],
    ['runs as another account', makeTokenPod({ serviceAccountName: 'till' })],
  ])('is refused when the pod %s', async (_, pod) => {
    stage.pods.set('shop/cart-1', pod);
    await expect(stage.authentication()(rsaToken(goodClaims))).rejects.toThrow('not authenticated');
  });

  it.each([
    ['is gone', undefined],
    ['is a successor of the same name', makeTokenPod({ uid: 'uid-2' })],
  ])('is refused in the end when the pod %s', async (_, pod) => {
    stage.pods.clear();
    if (pod !== undefined) stage.pods.set('shop/cart-1', pod);
    const refused = expect(stage.authentication()(rsaToken(goodClaims))).rejects.toThrow();
    await stage.waiting();
    await stage.clock.advance(5_000);
    await refused;
  });

  it.each([
    ['is gone', undefined],
    ['is a successor of the same name (S14)', makeAccount('sa-uid-2')],
  ])('is refused in the end when its service account %s', async (_, account) => {
    stage.accounts.clear();
    if (account !== undefined) stage.accounts.set('shop/cart', account);
    const refused = expect(stage.authentication()(rsaToken(goodClaims))).rejects.toThrow();
    await stage.waiting();
    await stage.clock.advance(5_000);
    await refused;
    expect(stage.logged.join()).toContain('no such service account');
  });

  it('waits for a ServiceAccount that the cache does not hold yet', async () => {
    stage.accounts.clear();
    const accepted = stage.authentication()(rsaToken(goodClaims));
    await stage.waiting();
    stage.notify();
    stage.accounts.set('shop/cart', makeAccount('sa-uid'));
    stage.notify();
    expect((await accepted).account).toBe('shop/cart');
  });

  it('waits for a pod that the cache does not hold yet', async () => {
    stage.pods.clear();
    const accepted = stage.authentication()(rsaToken(goodClaims));
    await stage.waiting();
    stage.notify();
    stage.pods.set('shop/cart-1', makeTokenPod());
    stage.notify();
    expect((await accepted).uid).toBe('uid-1');
    expect(stage.clock.sleeping).toBe(0);
  });

  it('is waited for no longer than its stream lives', async () => {
    stage.pods.clear();
    const stream = new AbortController();
    const accepted = stage.authentication(stream.signal)(rsaToken(goodClaims));
    const ended = expect(accepted).rejects.toThrow('gone');
    await stage.waiting();
    stream.abort(new Error('gone'));
    await ended;
    expect(stage.clock.sleeping).toBe(0);
    expect(stage.logged).toEqual([]);
  });
});
