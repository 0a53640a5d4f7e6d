import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeChange, makeRemoval, makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import {
  makeEndpointSlice,
  makeNamespace,
  makePod,
  makeService,
  withoutSelector,
} from '../../test/support/builders/make-object.ts';
import { makeSettings } from '../../test/support/builders/make-settings.ts';
import type { KubernetesObject } from '../api/core.ts';
import { applyChanges, type ClusterSnapshot } from '../cluster/snapshot.ts';
import { type Endpoint, portKey } from '../policy/endpoints.ts';
import { serviceKey } from '../policy/service.ts';
import { type Compilation, compileMesh } from './compile.ts';

const addresses: Readonly<Record<string, string>> = {
  ...{ 'cart-1': '10.0.0.1', 'cart-2': '10.0.0.2', 'cart-3': '10.0.0.3', 'cart-4': '10.0.0.4' },
};
const pod = (name: string, more: object = {}): KubernetesObject =>
  makePod({ name, account: 'cart', ip: addresses[name]!, ...more });
const slice = (name: string, ...pods: readonly string[]): KubernetesObject =>
  makeEndpointSlice({ name, pods: Object.fromEntries(pods.map((one) => [one, addresses[one]!])) });

const objects = [
  ...[
    makeNamespace(),
    makeService({ app: 'cart' }),
    ...Object.keys(addresses).map((one) => pod(one)),
  ],
  ...[slice('a', 'cart-1', 'cart-2'), slice('b', 'cart-3')],
];

/** The endpoints of the service before and after a change, by address. */
function changed(...changes: readonly KubernetesObject[]) {
  const before = makeSnapshot(objects);
  const first = compileMesh(before, makeSettings());
  const after = applyChanges(before, changes.map(makeChange));
  return [byAddress(first), byAddress(compileMesh(after, makeSettings(), first))] as const;
}

function byAddress({ model }: Compilation): ReadonlyMap<string, Endpoint> {
  const endpoints = model.endpoints.get(portKey(serviceKey('shop', 'cart'), 80)) ?? [];
  return new Map(endpoints.map((one) => [one.address, one]));
}

describe('the endpoints of a slice', () => {
  it('are the very same after another slice of the service changed', () => {
    const [before, after] = changed(slice('b', 'cart-3', 'cart-4'));
    expect([...after.keys()]).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4']);
    for (const address of ['10.0.0.1', '10.0.0.2'])
      expect(after.get(address)).toBe(before.get(address));
  });

  it('are the very same after a pod of another slice changed', () => {
    const [before, after] = changed(pod('cart-3', { account: 'till' }));
    expect(after.get('10.0.0.3')).toMatchObject({ account: 'shop/till' });
    expect(after.get('10.0.0.1')).toBe(before.get('10.0.0.1'));
  });

  it('are others after a pod of the slice changed', () => {
    const [, after] = changed(pod('cart-1', { account: 'till' }));
    expect(after.get('10.0.0.1')).toMatchObject({ account: 'shop/till' });
  });
});

const podName = fc.constantFrom('cart-1', 'cart-2');
const address = fc.constantFrom('10.0.0.1', '10.0.0.2');
const somePod = fc
  .record({
    ...{ name: podName, ip: address, namespace: fc.constantFrom('shop', 'bank') },
    ...{ account: fc.constantFrom('cart', 'till'), sidecar: fc.boolean() },
  })
  .map((options): KubernetesObject => makePod(options));
const endpoint = fc.record(
  {
    addresses: fc.tuple(address),
    targetRef: fc.record({ kind: fc.constant('Pod'), name: podName }),
    conditions: fc.record({ ready: fc.boolean() }),
  },
  { requiredKeys: ['addresses'] },
);
const someSlice = fc
  .record({ name: fc.constantFrom('a', 'b'), endpoints: fc.array(endpoint, { maxLength: 3 }) })
  .map(
    ({ name, endpoints }) => ({ ...makeEndpointSlice({ name }), endpoints }) as KubernetesObject,
  );
const step = fc.record({ object: fc.oneof(somePod, someSlice), gone: fc.boolean() });

describe('endpoints that are compiled step by step', () => {
  it('are the same as compiled from scratch', () => {
    const homes = [makeNamespace(), makeNamespace('bank'), withoutSelector(makeService())];
    const settings = fc.record({ permissive: fc.boolean() }).map(makeSettings);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), settings, (steps, now) => {
        let snapshot: ClusterSnapshot = makeSnapshot(homes);
        let compiled = compileMesh(snapshot, now);
        for (const { object, gone } of steps) {
          snapshot = applyChanges(snapshot, [gone ? makeRemoval(object) : makeChange(object)]);
          compiled = compileMesh(snapshot, now, compiled);
          const fresh = compileMesh(snapshot, now);
          expect([...compiled.model.endpoints]).toEqual([...fresh.model.endpoints]);
          expect(compiled.diagnostics).toEqual(fresh.diagnostics);
        }
      }),
      { numRuns: 300 },
    );
  });
});
