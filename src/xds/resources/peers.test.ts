import { describe, expect, it } from '@jest/globals';
import type { IdentityKey } from '../../policy/identity.ts';
import { buildPrincipals, sanMatchers, type PeerSet } from './peers.ts';

const cart = 'shop/cart' as IdentityKey;
const dotted = 'shop/cart.v1' as IdentityKey;

interface Case {
  readonly what: string;
  readonly peers: PeerSet;
  readonly uri: string;
  readonly expected: boolean;
}

/** Whether the handshake and then RBAC let a certificate with this URI through. */
function lets(peers: PeerSet, uri: string): boolean {
  const names = buildPrincipals(peers).flatMap(({ identifier }) =>
    identifier?.case === 'authenticated' ? (identifier.value.principalName ?? []) : [],
  );
  return matches(sanMatchers(peers), uri) && matches(names, uri);
}

/** As Envoy's StringMatcher does: a regex is of the whole text. */
function matches(all: ReturnType<typeof sanMatchers>, uri: string): boolean {
  return all.some(({ matchPattern: pattern }) => {
    switch (pattern?.case) {
      case 'safeRegex':
        return new RegExp(`^(?:${String(pattern.value.regex)})$`).test(uri);
      case 'exact':
        return uri === pattern.value;
      case 'prefix':
        return uri.startsWith(pattern.value);
      case 'suffix':
        return uri.endsWith(pattern.value);
      case 'contains':
      case 'custom':
      case undefined:
        throw new Error('no such matcher here');
    }
  });
}

describe('the identities of a peer', () => {
  it.each<Case>([
    {
      what: 'anyone: an account',
      peers: 'any',
      uri: 'spiffe://a.example/ns/shop/sa/cart',
      expected: true,
    },
    {
      what: 'anyone: whatever the trust domain',
      peers: 'any',
      uri: 'spiffe://b.example/ns/shop/sa/cart',
      expected: true,
    },
    {
      what: 'anyone: no other shape of ID',
      peers: 'any',
      uri: 'spiffe://a.example/shop/cart',
      expected: false,
    },
    {
      what: 'anyone: no longer path',
      peers: 'any',
      uri: 'spiffe://a.example/x/ns/shop/sa/cart',
      expected: false,
    },
    {
      what: 'anyone: no other scheme',
      peers: 'any',
      uri: 'https://a.example/ns/shop/sa/cart',
      expected: false,
    },
    {
      what: 'one: itself',
      peers: [cart],
      uri: 'spiffe://a.example/ns/shop/sa/cart',
      expected: true,
    },
    {
      what: 'one: in each trust domain',
      peers: [cart],
      uri: 'spiffe://b.example/ns/shop/sa/cart',
      expected: true,
    },
    {
      what: 'one: not another account',
      peers: [cart],
      uri: 'spiffe://a.example/ns/shop/sa/thief',
      expected: false,
    },
    {
      what: 'one: not one that begins so',
      peers: [cart],
      uri: 'spiffe://a.example/ns/shop/sa/cart2',
      expected: false,
    },
    {
      what: 'one: not one that ends so',
      peers: [cart],
      uri: 'spiffe://a.example/ns/my/ns/shop/sa/cart',
      expected: false,
    },
    {
      what: 'one: not of another namespace',
      peers: [cart],
      uri: 'spiffe://a.example/ns/myshop/sa/cart',
      expected: false,
    },
    {
      what: 'one: nor with a word before',
      peers: [cart],
      uri: 'x spiffe://a.example/ns/shop/sa/cart',
      expected: false,
    },
    {
      what: 'a dot is a dot',
      peers: [dotted],
      uri: 'spiffe://a.example/ns/shop/sa/cart.v1',
      expected: true,
    },
    {
      what: 'and nothing else',
      peers: [dotted],
      uri: 'spiffe://a.example/ns/shop/sa/cart-v1',
      expected: false,
    },
    {
      what: 'one of two',
      peers: [cart, dotted],
      uri: 'spiffe://a.example/ns/shop/sa/cart.v1',
      expected: true,
    },
    { what: 'no peer', peers: [], uri: 'spiffe://a.example/ns/shop/sa/cart', expected: false },
    { what: 'no peer, not even without a name', peers: [], uri: '', expected: false },
  ])('$what', ({ peers, uri, expected }) => expect(lets(peers, uri)).toBe(expected));

  it.each(['.*', 'x|spiffe://[^/]+/ns/shop/sa/cart', '[a-z]+', 'car(t)'])(
    'takes the name %s for itself alone, in the handshake already',
    (name) => {
      const matchers = sanMatchers([`shop/${name}` as IdentityKey]);
      expect(matches(matchers, 'spiffe://a.example/ns/shop/sa/cart')).toBe(false);
      expect(matches(matchers, `spiffe://a.example/ns/shop/sa/${name}`)).toBe(true);
    },
  );

  it('is never an empty list, which Envoy takes for anyone', () => {
    expect(sanMatchers([])).toHaveLength(1);
    expect(buildPrincipals([])).toHaveLength(1);
  });
});
