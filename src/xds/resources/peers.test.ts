import { describe, expect, it } from '@jest/globals';
import { makeSettings } from '../../../test/build/make-mesh.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { principals, sanMatchers, type PeerSet } from './peers.ts';

const cart = 'shop/cart' as IdentityKey;
const one = ['a.example'];
const moving = ['a.example', 'b.example'];

interface Case {
  readonly trustDomains: readonly string[];
  readonly peers: PeerSet;
  readonly expected: readonly (readonly [kind: 'prefix' | 'exact', value: string])[];
}

describe('who a peer may be', () => {
  it.each<[string, Case]>([
    [
      'anyone of the mesh',
      { trustDomains: one, peers: 'any', expected: [['prefix', 'spiffe://a.example/ns/']] },
    ],
    [
      'one account',
      {
        trustDomains: one,
        peers: [cart],
        expected: [['exact', 'spiffe://a.example/ns/shop/sa/cart']],
      },
    ],
    ['nobody', { trustDomains: one, peers: [], expected: [['exact', 'spiffe:// nobody']] }],
    [
      'anyone, while the mesh moves between trust domains',
      {
        trustDomains: moving,
        peers: 'any',
        expected: [
          ['prefix', 'spiffe://a.example/ns/'],
          ['prefix', 'spiffe://b.example/ns/'],
        ],
      },
    ],
    [
      'one account, while the mesh moves',
      {
        trustDomains: moving,
        peers: [cart],
        expected: [
          ['exact', 'spiffe://a.example/ns/shop/sa/cart'],
          ['exact', 'spiffe://b.example/ns/shop/sa/cart'],
        ],
      },
    ],
    [
      'nobody, also while the mesh moves',
      { trustDomains: moving, peers: [], expected: [['exact', 'spiffe:// nobody']] },
    ],
  ])('%s', (_, { trustDomains, peers, expected }) => {
    const settings = makeSettings({ trustDomains });
    const matchers = sanMatchers(settings, peers);
    const values = matchers.map(({ matchPattern }) => [matchPattern?.case, matchPattern?.value]);
    expect(values).toEqual(expected);
    expect(principals(settings, peers)).toHaveLength(expected.length);
  });
});
