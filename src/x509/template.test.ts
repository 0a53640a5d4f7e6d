import { describe, expect, it } from '@jest/globals';
import type { IdentityKey } from '../policy/identity.ts';
import { controlPlaneTemplate, gatewayTemplate, workloadTemplate } from './template.ts';

const period = { notBefore: 0, notAfter: 1000 };
const workload = (account: string, trustDomain = 'cluster.local') =>
  workloadTemplate({ trustDomain, account: account as IdentityKey }, period);

describe('workloadTemplate', () => {
  it('names the account by SPIFFE ID and by the DNS name of OSM', () => {
    expect(workload('shop/cart')).toMatchObject({
      commonName: 'cart.shop.cluster.local',
      uris: ['spiffe://cluster.local/ns/shop/sa/cart'],
      dnsNames: ['cart.shop.cluster.local'],
      extendedKeyUsage: ['serverAuth', 'clientAuth'],
    });
  });

  it.each([
    ['a label is too long', `shop/${'a'.repeat(64)}`],
    ['a label is too long, in pieces', `shop/${'a'.repeat(63)}.${'b'.repeat(64)}`],
    ['all of it is too long', 'shop/cart', `${'a.'.repeat(122)}a`],
    ['the trust domain is no DNS name', 'shop/cart', 'mesh_one'],
    ['the trust domain begins with a dot', 'shop/cart', '.cluster.local'],
    ['a dot makes it ambiguous', 'shop/cart.v2'],
    ['it is that of a Service', 'svc/weft-control-plane'],
    ['it is that of the control plane', 'svc/weft-control-plane.weft-system'],
    [
      'it is that of the control plane in parts',
      'cluster/weft-control-plane.weft-system.svc',
      'local',
    ],
    ['it is that of the webhooks', 'weft-system/weft-control-plane', 'svc'],
    ['it is that of a Service by its trust domain', 'shop/cart', 'svc.cluster.local'],
  ])('leaves the DNS name out where %s', (_case, account, trustDomain = 'cluster.local') => {
    const [namespace = '', name = ''] = account.split('/');
    expect(workload(account, trustDomain)).toMatchObject({
      ...{ commonName: '', dnsNames: [] },
      uris: [`spiffe://${trustDomain}/ns/${namespace}/sa/${name}`],
    });
  });

  it('leaves a common name out that is too long for one', () => {
    const account = `shop/${'a'.repeat(60)}`;
    expect(workload(account)).toMatchObject({
      ...{ commonName: '', dnsNames: [`${'a'.repeat(60)}.shop.cluster.local`] },
    });
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

const place = { trustDomain: 'cluster.local', namespace: 'weft-system' };

describe('controlPlaneTemplate', () => {
  it('is for a server only, which has an ID that no workload can have', () => {
    const names = ['weft.weft-system.svc', 'weft'];
    expect(controlPlaneTemplate({ ...place, dnsNames: names }, period)).toMatchObject({
      commonName: 'weft.weft-system.svc',
      uris: ['spiffe://cluster.local/weft/control-plane/weft-system'],
      dnsNames: names,
      extendedKeyUsage: ['serverAuth'],
    });
  });

  it.each(['', 'Weft', 'a/b', 'a.b'])('refuses %j as its namespace', (namespace) => {
    const name = { ...place, namespace, dnsNames: ['weft'] };
    expect(() => controlPlaneTemplate(name, period)).toThrow(/not a valid namespace/);
  });
});

describe('a certificate of DNS names', () => {
  it('has a wildcard in the first label at most', () => {
    expect(gatewayTemplate(['*.example.com'], period).dnsNames).toEqual(['*.example.com']);
  });

  it.each([
    [[]],
    [['']],
    [['a b']],
    [['ok', 'UPPER']],
    [['*']],
    [['*a.example.com']],
    [['a.*.example.com']],
    [['a.example.com.']],
    [['a..b']],
    [['a'.repeat(64)]],
  ])('refuses %j', (names) => {
    expect(() => gatewayTemplate(names, period)).toThrow(/server name/);
    const name = { ...place, dnsNames: names };
    expect(() => controlPlaneTemplate(name, period)).toThrow(/server name/);
  });
});
