import { describe, expect, it } from '@jest/globals';
import { makeSettings, makeSnapshot } from '../../test/build/make-mesh.ts';
import {
  makeEndpointSlice,
  makeNamespace,
  makePod,
  makeService,
} from '../../test/build/make-object.ts';
import type { KubernetesObject } from '../api/core.ts';
import { compileMesh } from './compile.ts';

const pods = [makePod(), makePod({ name: 'cart-2', account: 'other', labels: { app: 'cart' } })];

/** `<address>:<port> <account>` by service port. */
function endpointsOf(...objects: readonly KubernetesObject[]): Record<string, readonly string[]> {
  const all = [makeNamespace(), makeService(), ...pods, ...objects];
  const { model } = compileMesh(makeSnapshot(all), makeSettings());
  return Object.fromEntries(
    [...model.endpoints].map(([port, endpoints]) => [
      port,
      endpoints.map((one) => `${one.address}:${one.port} ${one.account}`),
    ]),
  );
}

const one = { 'cart-1': '10.0.0.1' };
const two = { 'cart-2': '10.0.0.2' };

describe('endpoints', () => {
  it('are keyed by the port of the Service and lead to that of the pod', () => {
    const slice = makeEndpointSlice({ ports: [{ name: '', port: 8080, protocol: 'TCP' }] });
    expect(endpointsOf(slice)).toEqual({ 'shop/cart|80': ['10.0.0.1:8080 shop/cart'] });
  });

  it('come from all slices and families of a service, sorted, each address once', () => {
    const both = makeEndpointSlice({ name: 'a', pods: { ...two, ...one } });
    const again = makeEndpointSlice({ name: 'b', pods: one });
    const v6 = makeEndpointSlice({ name: 'c', addressType: 'IPv6', pods: { 'cart-1': 'fd00::1' } });
    expect(endpointsOf(both, again, v6)).toEqual({
      'shop/cart|80': ['10.0.0.1:80 shop/cart', '10.0.0.2:80 shop/other', 'fd00::1:80 shop/cart'],
    });
  });

  it('are matched by the name of the port', () => {
    const ports = [
      { name: 'web', port: 80 },
      { name: 'admin', port: 81 },
    ];
    const slices = [
      makeEndpointSlice({ name: 'a', pods: one, ports: [{ name: 'web', port: 8080 }] }),
      makeEndpointSlice({ name: 'b', pods: two, ports: [{ name: 'web', port: 9090 }] }),
    ];
    expect(endpointsOf(makeService({ ports }), ...slices)).toEqual({
      'shop/cart|80': ['10.0.0.1:8080 shop/cart', '10.0.0.2:9090 shop/other'],
      'shop/cart|81': [],
    });
  });

  const absent: readonly (readonly [string, KubernetesObject])[] = [
    ['that are not ready', makeEndpointSlice({ conditions: { ready: false } })],
    ['that are ending', makeEndpointSlice({ conditions: { ready: true, terminating: true } })],
    ['whose pod is not known', makeEndpointSlice({ pods: { gone: '10.0.0.9' } })],
    ['of another service', makeEndpointSlice({ service: 'other' })],
    ['that are names', makeEndpointSlice({ addressType: 'FQDN', pods: { 'cart-1': 'a.example' } })],
    ['of UDP', makeEndpointSlice({ ports: [{ name: '', port: 80, protocol: 'UDP' }] })],
  ];
  for (const [name, slice] of absent) {
    it(`are not those ${name}`, () => expect(endpointsOf(slice)).toEqual({ 'shop/cart|80': [] }));
  }

  it('are ready when nothing is said about it', () => {
    expect(endpointsOf(makeEndpointSlice({ conditions: {} }))['shop/cart|80']).toHaveLength(1);
  });

  it('have a sidecar, and are the very pod that was meant', () => {
    const plain = makePod({ sidecar: false });
    expect(endpointsOf(plain, makeEndpointSlice())).toEqual({ 'shop/cart|80': [] });
    const slice = makeEndpointSlice();
    const endpoints = slice.endpoints!.map((endpoint) => ({
      ...endpoint,
      targetRef: { ...endpoint.targetRef, uid: 'of-an-earlier-pod' },
    }));
    expect(endpointsOf({ ...slice, endpoints } as KubernetesObject)).toEqual({
      'shop/cart|80': [],
    });
  });
});
