import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isAllowed } from '../../test/support/oracles/allowed.ts';
import {
  anyCluster,
  anyObject,
  identityOf,
} from '../../test/support/builders/arbitrary-cluster.ts';
import { makeChange, makeRemoval, makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import { makeSettings } from '../../test/support/builders/make-settings.ts';
import {
  makeEndpointSlice,
  makeNamespace,
  makePod,
  makeService,
} from '../../test/support/builders/make-object.ts';
import {
  makeRouteGroup,
  makeTrafficSplit,
  makeTrafficTarget,
} from '../../test/support/builders/make-policy.ts';
import type { KubernetesObject } from '../api/core.ts';
import { monitoredBy } from '../api/labels.ts';
import { applyChanges } from '../cluster/snapshot.ts';
import { type Compilation, compileMesh } from './compile.ts';

const settings = makeSettings();

const shop: readonly KubernetesObject[] = [
  makeNamespace(),
  makePod(),
  makePod({ name: 'cart-2', ip: '10.0.0.2' }),
  makePod({ account: 'web', ip: '10.0.0.3' }),
  makeService(),
  makeService({ name: 'web', clusterIP: '10.96.0.2' }),
  makeEndpointSlice(),
  makeEndpointSlice({ service: 'web', pods: { 'web-1': '10.0.0.3' } }),
  makeTrafficTarget(),
  makeRouteGroup(),
];

function outcome({ model, diagnostics }: Compilation): unknown {
  const maps = Object.entries(model).map(([name, part]: [string, unknown]) => [
    name,
    part instanceof Map ? [...(part as Map<unknown, unknown>)] : part,
  ]);
  return { maps, diagnostics };
}

const calls = ['shop', 'bank'].flatMap((namespace) =>
  ['cart', 'web', 'till'].flatMap((to) =>
    ['shop/cart', 'shop/web', 'bank/till', 'bank/cart'].flatMap((from) =>
      [undefined, '/one', '/x'].flatMap((path) =>
        [80, 3306].map((port) => ({ from, to: `${namespace}/${to}`, port, path })),
      ),
    ),
  ),
);

describe('compileMesh, for any cluster', () => {
  it('says the same twice, and whatever the order of events', () => {
    fc.assert(
      fc.property(anyCluster, fc.infiniteStream(fc.nat()), (objects, dice) => {
        const shuffled = objects
          .map((object) => ({ object, at: dice.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ object }) => object);
        const first = outcome(compileMesh(makeSnapshot(objects), settings));
        expect(outcome(compileMesh(makeSnapshot(objects), settings))).toEqual(first);
        expect(outcome(compileMesh(makeSnapshot(shuffled), settings))).toEqual(first);
      }),
    );
  });

  it('gives the same step by step as from scratch, and keeps equal parts', () => {
    const changes = fc.array(fc.tuple(anyObject, fc.boolean()), { maxLength: 12 });
    const permissive = fc.infiniteStream(fc.boolean());
    fc.assert(
      fc.property(anyCluster, changes, permissive, (objects, steps, toggles) => {
        let snapshot = makeSnapshot(objects);
        let compiled = compileMesh(snapshot, settings);
        for (const [object, gone] of steps) {
          snapshot = applyChanges(snapshot, [gone ? makeRemoval(object) : makeChange(object)]);
          const now = makeSettings({ permissive: toggles.next().value === true });
          const next = compileMesh(snapshot, now, compiled);
          const fresh = compileMesh(snapshot, now);
          expect(outcome(next)).toEqual(outcome(fresh));
          expectShared(compiled, next);
          compiled = next;
        }
      }),
    );
  });

  it('compiles whatever stands in a spec, and leaves the rest as it is', () => {
    const kind = fc.constantFrom('TrafficTarget', 'HTTPRouteGroup', 'TCPRoute', 'TrafficSplit');
    const key = fc.constantFrom(
      'destination',
      'sources',
      'rules',
      'matches',
      'backends',
      'service',
    );
    const spec = fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue()));
    const clean = compileMesh(makeSnapshot(shop), settings).model;
    fc.assert(
      fc.property(kind, spec, (one, value) => {
        const metadata = { name: 'odd', namespace: 'shop', uid: 'odd' };
        const odd = { apiVersion: 'x', kind: one, metadata, spec: value };
        const { model } = compileMesh(makeSnapshot([...shop, odd]), settings);
        expect(model.rules).toEqual(clean.rules);
        expect(model.services).toEqual(clean.services);
      }),
    );
  });

  it('never allows more without a TrafficTarget', () => {
    fc.assert(
      fc.property(anyCluster, fc.nat(), (objects, pick) => {
        const targets = objects.filter(({ kind }) => kind === 'TrafficTarget');
        fc.pre(targets.length > 0);
        const gone = identityOf(targets[pick % targets.length]!);
        const fewer = objects.filter((object) => identityOf(object) !== gone);
        const before = compileMesh(makeSnapshot(objects), settings).model;
        const after = compileMesh(makeSnapshot(fewer), settings).model;
        for (const { path, ...call } of calls) {
          const asked = path === undefined ? call : { ...call, path };
          if (isAllowed(after, asked))
            expect([asked, isAllowed(before, asked)]).toEqual([asked, true]);
        }
      }),
    );
  });
});

/** Parts of two successive models that are equal are the very same. */
function expectShared(before: Compilation, after: Compilation): void {
  for (const part of ['services', 'endpoints', 'splits', 'rules', 'workloads'] as const) {
    const [was, is] = [before.model[part], after.model[part]] as [
      Map<string, unknown>,
      Map<string, unknown>,
    ];
    for (const [key, value] of is) {
      if (JSON.stringify(was.get(key)) !== JSON.stringify(value)) continue;
      expect([part, key, was.get(key) === value]).toEqual([part, key, true]);
    }
  }
}

describe('compileMesh, from one model to the next', () => {
  const before = compileMesh(makeSnapshot(shop), settings);

  it('touches only the endpoints of one service when an EndpointSlice changes', () => {
    const pods = { 'cart-1': '10.0.0.1', 'cart-2': '10.0.0.2' };
    const changes = [makeChange(makeEndpointSlice({ pods }))];
    const { model, diagnostics } = compileMesh(
      applyChanges(makeSnapshot(shop), changes),
      settings,
      before,
    );
    for (const part of [
      'services',
      'splits',
      'rules',
      'workloads',
      'settings',
      'neverPlaintext',
    ] as const) {
      expect(model[part]).toBe(before.model[part]);
    }
    expect(diagnostics).toBe(before.diagnostics);
    const [cart, web] = ['shop/cart|80', 'shop/web|80'] as never[];
    expect(model.endpoints.get(cart!)).toHaveLength(2);
    expect(model.endpoints.get(web!)).toBe(before.model.endpoints.get(web!));
  });

  it('is the same compilation when nothing that it reads changed', () => {
    const again = compileMesh(makeSnapshot(shop), settings, before);
    expect(again.model.endpoints).toEqual(before.model.endpoints);
    const snapshot = makeSnapshot(shop);
    const first = compileMesh(snapshot, settings);
    expect(compileMesh(snapshot, makeSettings(), first)).toBe(first);
  });

  it('has the same rules in permissive mode', () => {
    const snapshot = makeSnapshot(shop);
    const open = compileMesh(snapshot, makeSettings({ permissive: true }), before);
    expect(open.model.rules).toBe(before.model.rules);
  });

  it('leaves out namespaces of no mesh, of another, and the control plane’s', () => {
    for (const namespace of [
      makeNamespace('shop', {}),
      makeNamespace('shop', { [monitoredBy]: 'other' }),
    ]) {
      const { model } = compileMesh(makeSnapshot([...shop.slice(1), namespace]), settings, before);
      expect([model.services.size, model.rules.size, model.workloads.size]).toEqual([0, 0, 0]);
    }
  });

  it('forgets what a namespace brought when its label goes', () => {
    const changes = [makeChange(makeNamespace('shop', {}))];
    const after = compileMesh(applyChanges(makeSnapshot(shop), changes), settings, before);
    expect(after.model.services.size).toBe(0);
  });

  it('compiles splits again when the cluster domain changes', () => {
    const split = makeTrafficSplit({ apex: 'cart.shop.svc.corp.example', backends: { web: 1 } });
    const snapshot = makeSnapshot([...shop, split]);
    const wrong = compileMesh(snapshot, settings);
    expect(wrong.diagnostics.map(({ code }) => code)).toEqual(['object-malformed']);
    const corp = compileMesh(snapshot, makeSettings({ clusterDomain: 'corp.example' }), wrong);
    expect(corp.diagnostics).toEqual([]);
    expect(corp.model.splits.size).toBe(1);
  });

  it('guards service addresses and headless pods when egress is on, ready or not', () => {
    const headless = makeService({ name: 'db', app: 'cart', clusterIP: 'None' });
    const snapshot = makeSnapshot([...shop, headless]);
    expect(compileMesh(snapshot, settings).model.neverPlaintext).toEqual([]);
    const { model } = compileMesh(snapshot, makeSettings({ egress: true }));
    expect(model.neverPlaintext).toEqual(['10.0.0.1', '10.0.0.2', '10.96.0.1', '10.96.0.2']);
  });
});
