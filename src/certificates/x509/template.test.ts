import { describe, expect, it } from '@jest/globals';
import type { IdentityKey } from '../../policy/identity.ts';
import { serverTemplate, workloadTemplate } from './template.ts';

const period = { notBefore: 0, notAfter: 1000 };
const workload = (account: string, trustDomain = 'cluster.local') =>
  workloadTemplate({ trustDomain, account: account as IdentityKey }, period);

describe('workloadTemplate', () => {
  it('names the account by SPIFFE ID and by the DNS name of OSM', () => {
    expect(workload('shop/cart.v2')).toMatchObject({
      commonName: 'cart.v2.shop.cluster.local',
      uris: ['spiffe://cluster.local/ns/shop/sa/cart.v2'],
      dnsNames: ['cart.v2.shop.cluster.local'],
      extendedKeyUsage: ['serverAuth', 'clientAuth'],
    });
  });

  it('leaves the DNS name out where it would be none', () => {
    const account = `shop/${'a'.repeat(250)}`;
    expect(workload(account)).toMatchObject({ commonName: '', dnsNames: [] });
    expect(workload(account).uris[0]).toContain('a'.repeat(250));
  });

  it.each([
    ['a path in the service account', 'shop/cart/../till'],
    ['an empty service account', 'shop/'],
    ['an empty namespace', '/cart'],
    ['no namespace', 'cart'],
    ['a dot in the namespace', 'shop.x/cart'],
    ['upper case', 'shop/Cart'],
    ['a query', 'shop/cart?x'],
    ['a line feed', 'shop/cart\n'],
    ['escapes', 'shop/cart%2f'],
  ])('refuses %s', (_case, account) => {
    expect(() => workload(account)).toThrow(/service account/);
  });

  it.each(['', 'Cluster.local', 'a/b', 'a b', 'x'.repeat(256)])(
    'refuses %j as a trust domain',
    (trustDomain) => {
      expect(() => workload('shop/cart', trustDomain)).toThrow(/trust domain/);
    },
  );
});

describe('serverTemplate', () => {
  it('is for servers only', () => {
    expect(serverTemplate(['weft.weft-system.svc', 'weft'], period)).toMatchObject({
      commonName: 'weft.weft-system.svc',
      uris: [],
      dnsNames: ['weft.weft-system.svc', 'weft'],
      extendedKeyUsage: ['serverAuth'],
    });
  });

  it.each([[[]], [['']], [['a b']], [['ok', 'UPPER']]])('refuses %j', (names) => {
    expect(() => serverTemplate(names, period)).toThrow(/server name/);
  });
});
