import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  goodClaims,
  issuer,
  published,
  rsa,
  rsaToken,
} from '../../test/support/keys/account-tokens.ts';
import { TokenStage } from '../../test/support/keys/token-stage.ts';
import { WeftError } from '../common/errors.ts';
import { parsePublishedKeys } from './jwks.ts';

describe('the keys of the API server', () => {
  let stage: TokenStage;
  beforeEach(() => {
    stage = new TokenStage();
  });

  it('asks for keys once, however many come and whatever unknown keys they show', async () => {
    const authenticate = stage.authentication();
    const token = rsaToken(goodClaims);
    await Promise.all([authenticate(token), authenticate(token), authenticate(token)]);
    expect(stage.fetches).toBe(1);
    for (let turn = 0; turn < 5; turn += 1)
      await expect(
        authenticate(rsaToken(goodClaims, rsa.privateKey, { kid: `unknown-${turn}` })),
      ).rejects.toThrow();
    expect(stage.fetches).toBe(1);
    await stage.clock.advance(11_000);
    await expect(
      authenticate(rsaToken(goodClaims, rsa.privateKey, { kid: 'unknown' })),
    ).rejects.toThrow();
    expect(stage.fetches).toBe(2);
  });

  it('accepts a key that the API server began to use', async () => {
    stage.keys = () => Promise.resolve(parsePublishedKeys({ issuer }, { keys: [] }));
    const authenticate = stage.authentication();
    await expect(authenticate(rsaToken(goodClaims))).rejects.toThrow();
    stage.keys = () => Promise.resolve(published);
    await stage.clock.advance(11_000);
    await authenticate(rsaToken(goodClaims));
  });

  it('does without the API server once it has the keys, and says so when it never had', async () => {
    const authenticate = stage.authentication();
    await authenticate(rsaToken(goodClaims));
    stage.keys = () => Promise.reject(new WeftError('api-unavailable', 'away', { retry: 'soon' }));
    await stage.clock.advance(600_000);
    await authenticate(rsaToken(goodClaims));
    await expect(stage.authentication()(rsaToken(goodClaims))).rejects.toMatchObject({
      code: 'api-unavailable',
    });
  });

  it('stops believing a key that was taken back', async () => {
    const authenticate = stage.authentication();
    await authenticate(rsaToken(goodClaims));
    stage.keys = () => Promise.resolve(parsePublishedKeys({ issuer }, { keys: [] }));
    await stage.clock.advance(301_000);
    await authenticate(rsaToken(goodClaims));
    await stage.clock.advance(1);
    await expect(authenticate(rsaToken(goodClaims))).rejects.toThrow('not authenticated');
  });
});
