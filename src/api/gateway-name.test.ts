import { describe, expect, it } from '@jest/globals';
import { problemOfGatewayName } from './gateway-name.ts';

describe('a name of an ingress gateway', () => {
  it.each([
    'shop.example.com',
    '*.example.com',
    'ingress',
    'ingress-nginx.ingress-nginx.cluster.local',
    'ingress.ingress.svc.cluster.local',
    'weft-control-plane.example.com',
  ])('may be %s', (name) => {
    expect(problemOfGatewayName(name)).toBeUndefined();
  });

  it.each([
    ['weft-control-plane.weft-system.svc.cluster.local', /of the control plane/],
    ['weft-control-plane.weft-system.svc', /of the control plane/],
    ['weft-control-plane.another.svc.example.org', /of the control plane/],
    ['*.weft-system.svc.cluster.local', /covers/],
    ['*.weft-system.svc', /covers/],
    ['*.svc.cluster.local', /covers/],
    ['*.local', /covers/],
    ['*', /not a DNS name/],
    ['weft-control*.weft-system.svc', /not a DNS name/],
    ['*plane.weft-system.svc', /not a DNS name/],
    ['Weft-Control-Plane.weft-system.svc', /not a DNS name/],
    ['weft-control-plane.weft-system.svc.cluster.local.', /not a DNS name/],
    ['a b', /not a DNS name/],
    ['', /not a DNS name/],
    ['spiffe://cluster.local/ns/shop/sa/cart', /not a DNS name/],
    [`${'a'.repeat(64)}.example.com`, /not a DNS name/],
  ])('cannot be %j', (name, reason) => {
    expect(problemOfGatewayName(name)).toMatch(reason);
  });
});
