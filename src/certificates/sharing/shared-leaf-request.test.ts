import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Secret } from '../../common/secret.ts';
import { identityKey } from '../../policy/identity.ts';
import {
  decodeAnswer,
  decodeLeafRequest,
  encodeAnswer,
  encodeLeafRequest,
  type SharedLeafRequest,
} from './shared-leaf-request.ts';

const ask: SharedLeafRequest = {
  account: identityKey({ namespace: 'shop', serviceAccount: 'cart' }),
  ...{ trustDomain: 'cluster.local', validityMs: 3_600_000, keyKind: 'RSA-2048' },
  ...{ signer: 'weft-root-1/abc', heldOnly: false },
};

describe('what replicas say to each other', () => {
  it('is read as it was meant', () => {
    expect(decodeLeafRequest(encodeLeafRequest(ask))).toEqual(ask);
    const leaf = { certificateChain: 'chain', privateKey: new Secret('the key') };
    expect(decodeAnswer(encodeAnswer(leaf))?.privateKey.reveal()).toBe('the key');
    expect(decodeAnswer(encodeAnswer(undefined))).toBeUndefined();
  });

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['nothing', '{}'],
    ['an account without a namespace', JSON.stringify({ ...ask, account: 'cart' })],
    ['an account that goes deeper', JSON.stringify({ ...ask, account: 'shop/sa/cart' })],
    ['an unknown kind of key', JSON.stringify({ ...ask, keyKind: 'RSA-99999' })],
    ['a validity that is no number', JSON.stringify({ ...ask, validityMs: 'long' })],
    ['a signer that is no text', JSON.stringify({ ...ask, signer: { root: 1 } })],
    ['no word on what may be issued', JSON.stringify({ ...ask, heldOnly: undefined })],
  ])('is no ask when it is %s', (_, text) => {
    expect(() => decodeLeafRequest(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: 'protocol-violation' }),
    );
  });

  it('shows no key, neither when it can be read nor when it cannot', () => {
    const key = 'SECRET KEY';
    const leaf = { certificateChain: 'chain', privateKey: new Secret(key) };
    expect(inspect([encodeAnswer(leaf), decodeAnswer(encodeAnswer(leaf))])).not.toContain(key);
    for (const text of [`{"privateKey":"${key}"}`, `{"privateKey":"${key}`, `"${key}"`]) {
      const read = (): unknown => decodeAnswer(new Secret(Buffer.from(text)));
      expect(read).toThrow(expect.objectContaining({ code: 'protocol-violation' }));
      expect(read).not.toThrow(key);
    }
  });
});
