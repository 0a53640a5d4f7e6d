import { describe, expect, it } from '@jest/globals';
import { makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import { makeSettings } from '../../test/support/builders/make-settings.ts';
import {
  makeEndpointSlice,
  makeNamespace,
  makePod,
  makeService,
  withoutSelector,
} from '../../test/support/builders/make-object.ts';
import type { KubernetesObject } from '../api/core.ts';
import { portKey } from '../policy/endpoints.ts';
import { serviceKey } from '../policy/service.ts';
import { compileMesh } from './compile.ts';

const first = makePod();
const dual = { ...first.status, podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] };
const second = { name: 'cart-2', ip: '10.0.0.2', account: 'other', labels: { app: 'cart' } };
const pods = [{ ...first, status: dual }, makePod(second)];

/** `<address>:<port> <account>` by service port. */
function endpointsOf(...objects: readonly KubernetesObject[]): Record<string, readonly string[]> {
  const all = [makeNamespace(), makeService(), ...pods, ...objects];
  const { model } = compileMesh(makeSnapshot(all), makeSettings());
  return Object.fromEntries(
    [...model.endpoints].map(([port, endpoints]) => [
      port,
      endpoints.map(
        ({ address, port: at, account, unready }) =>
          `${address}:${at} ${account}${unready ? ', not ready' : ''}`,
      ),
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
    ['that are ending', makeEndpointSlice({ conditions: { ready: false, terminating: true } })],
    ['whose pod is not known', makeEndpointSlice({ pods: { gone: '10.0.0.9' } })],
    ['of another service', makeEndpointSlice({ service: 'other' })],
    ['that are names', makeEndpointSlice({ addressType: 'FQDN', pods: { 'cart-1': 'a.example' } })],
    ['of UDP', makeEndpointSlice({ ports: [{ name: '', port: 80, protocol: 'UDP' }] })],
  ];
  for (const [name, slice] of absent) {
    it(`are not those ${name}`, () => expect(endpointsOf(slice)).toEqual({ 'shop/cart|80': [] }));
  }

  const leaving = { ready: false, serving: true, terminating: true };

  it('are ready when Kubernetes says so, also while their pod ends', () => {
    const slice = makeEndpointSlice({ conditions: { ...leaving, ready: true } });
    expect(endpointsOf(slice)['shop/cart|80']).toEqual(['10.0.0.1:80 shop/cart']);
  });

  it('are the pods that end but still answer, while no pod is ready', () => {
    const last = makeEndpointSlice({ name: 'a', pods: one, conditions: leaving });
    expect(endpointsOf(last)['shop/cart|80']).toEqual(['10.0.0.1:80 shop/cart']);
    const starting = makeEndpointSlice({ name: 'b', pods: two, conditions: { ready: false } });
    expect(endpointsOf(last, starting)['shop/cart|80']).toEqual(['10.0.0.1:80 shop/cart']);
    const started = makeEndpointSlice({ name: 'b', pods: two });
    expect(endpointsOf(last, started)['shop/cart|80']).toEqual(['10.0.0.2:80 shop/other']);
  });

  it('include the pods of a headless service that are not ready, for callers that dial them', () => {
    const headless = makeService({ clusterIP: 'None' });
    const slices = [
      makeEndpointSlice({ name: 'a', pods: one, conditions: { ready: false } }),
      makeEndpointSlice({ name: 'b', pods: two }),
    ];
    expect(endpointsOf(headless, ...slices)['shop/cart|80']).toEqual([
      '10.0.0.1:80 shop/cart, not ready',
      '10.0.0.2:80 shop/other',
    ]);
    expect(endpointsOf(headless)['shop/cart|80']).toEqual([]);
  });

  it.each([
    ['not ready', { ready: false }],
    ['ending', leaving],
  ])('are called while another slice says that they are %s', (_, conditions) => {
    const stated = makeEndpointSlice({ name: 'a', conditions });
    const ready = makeEndpointSlice({ name: 'b' });
    const plain = [makePod({ sidecar: false }), makeNamespace()];
    for (const slices of [
      [stated, ready],
      [ready, stated],
    ]) {
      expect(endpointsOf(...slices)['shop/cart|80']).toEqual(['10.0.0.1:80 shop/cart']);
      const all = [makeService(), ...plain, ...slices];
      const { model } = compileMesh(makeSnapshot(all), makeSettings({ permissive: true }));
      expect(model.endpoints.get(portKey(serviceKey('shop', 'cart'), 80))).toEqual([
        { address: '10.0.0.1', port: 80, account: undefined, hostname: '' },
      ]);
    }
  });

  it('are ready when the slice has no condition', () => {
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

const modes = {
  strict: {},
  'permissive without egress': { permissive: true },
  permissive: { permissive: true, egress: true },
};

/** `<address> <account, or plaintext>` of service "any", which has no selector, in each mode. */
function ledTo(
  addresses: readonly string[],
  targetRef?: { kind: string; name: string; uid?: string },
): Record<string, readonly string[]> {
  const made = makeService({ name: 'any', clusterIP: '10.96.0.9' });
  const slice = makeEndpointSlice({ service: 'any' });
  const endpoints = [{ addresses, ...(targetRef === undefined ? {} : { targetRef }) }];
  const all = [...world, withoutSelector(made), { ...slice, endpoints }] as KubernetesObject[];
  return Object.fromEntries(
    Object.entries(modes).map(([mode, settings]) => {
      const { model, diagnostics } = compileMesh(makeSnapshot(all), makeSettings(settings));
      const found = model.endpoints.get(portKey(serviceKey('shop', 'any'), 80)) ?? [];
      return [
        mode,
        [
          ...found.map(({ address, account }) => `${address} ${account ?? 'plaintext'}`),
          ...diagnostics.filter(({ object }) => object.name === 'any').map(({ code }) => code),
        ],
      ];
    }),
  );
}

const agent = makePod({ name: 'agent', ip: '10.0.9.9' });
const world: readonly KubernetesObject[] = [
  ...[makeNamespace(), makeNamespace('other'), makeNamespace('plain', {}), ...pods],
  makePod({ name: 'bare', ip: '10.0.0.3', sidecar: false }),
  { ...agent, spec: { ...agent.spec, hostNetwork: true } },
  makePod({ name: 'foreign', namespace: 'other', ip: '10.0.1.1' }),
  makePod({ name: 'free', namespace: 'plain', ip: '10.0.2.1', sidecar: false }),
];

const everywhere = (...what: readonly string[]): Record<string, readonly string[]> => ({
  strict: what,
  'permissive without egress': what,
  permissive: what,
});
const outside = (address: string): Record<string, readonly string[]> => ({
  strict: ['service-endpoint-outside'],
  'permissive without egress': ['service-endpoint-outside'],
  permissive: [`${address} plaintext`],
});

describe('an endpoint is what has its address', () => {
  it('a pod of the namespace with a sidecar, whatever the slice names', () => {
    const mesh = everywhere('10.0.0.1 shop/cart');
    expect(ledTo(['10.0.0.1'])).toEqual(mesh);
    expect(ledTo(['10.0.0.1'], { kind: 'Pod', name: 'cart-1' })).toEqual(mesh);
    expect(ledTo(['10.0.0.1'], { kind: 'Node', name: 'cart-1' })).toEqual(mesh);
  });

  it('a pod of the namespace without one, in permissive mode', () => {
    expect(ledTo(['10.0.0.3'])).toEqual({
      strict: ['service-without-sidecar'],
      'permissive without egress': ['10.0.0.3 plaintext'],
      permissive: ['10.0.0.3 plaintext'],
    });
  });

  it('outside: an unknown address, of a pod out of the mesh, of a node', () => {
    for (const address of ['203.0.113.7', '10.0.2.1', '10.0.9.9']) {
      expect(ledTo([address])).toEqual(outside(address));
    }
    expect(ledTo(['10.0.9.9'], { kind: 'Pod', name: 'agent' })).toEqual(outside('10.0.9.9'));
  });

  it('no callable endpoint: a sidecar of another namespace, an address that is not one host', () => {
    for (const address of ['10.0.1.1', '127.0.0.1', '169.254.169.254', '0.0.0.0', '224.0.0.1']) {
      expect(ledTo([address])).toEqual(everywhere('service-endpoint-foreign'));
    }
  });

  it('never the pod that is named when that has another address', () => {
    for (const address of ['10.0.0.2', '10.0.0.3', '10.0.1.1', '203.0.113.7']) {
      const named = ledTo([address], { kind: 'Pod', name: 'cart-1' });
      expect(named).toEqual(everywhere('service-endpoint-foreign'));
    }
  });

  it('not yet anything while the pod that is named is not known', () => {
    expect(ledTo(['10.0.0.1'], { kind: 'Pod', name: 'gone' })).toEqual(everywhere());
    expect(ledTo(['10.0.0.1'], { kind: 'Pod', name: 'cart-1', uid: 'earlier' })).toEqual(
      everywhere(),
    );
  });
});
