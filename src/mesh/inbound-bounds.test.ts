import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeNamespace, makePod, makeService } from '../../test/support/builders/make-object.ts';
import { makeTcpRoute, makeTrafficTarget } from '../../test/support/builders/make-policy.ts';
import { makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import { makeSettings } from '../../test/support/builders/make-settings.ts';
import type { KubernetesObject } from '../api/core.ts';
import type { AccessRule } from '../policy/access.ts';
import { identityKey } from '../policy/identity.ts';
import { compileMesh, type Compilation } from './compile.ts';
import { firstBeyond, type SweepStep } from './inbound-sweep.ts';

const cart = identityKey({ namespace: 'shop', serviceAccount: 'cart' });
const rules = [{ kind: 'TCPRoute', name: 'any' } as const];
const home = [makeNamespace('shop'), makeTcpRoute({ name: 'any' }), makePod({ name: 'cart-1' })];

function sources(count: number, prefix = 'x'): readonly string[] {
  return Array.from({ length: count }, (_, index) => `shop/${prefix}${String(index)}`);
}

function on(day: number): { readonly creationTimestamp: string } {
  return { creationTimestamp: `2026-01-0${String(day)}T00:00:00Z` };
}

function service(name: string, count: number, day: number): KubernetesObject {
  const ports = Array.from({ length: count }, (_, index) => ({
    name: `tcp-${String(index)}`,
    port: 1000 + index,
  }));
  return makeService({ name, app: 'cart', ports, ...on(day) });
}

function target(name: string, from: readonly string[], day: number): KubernetesObject {
  return makeTrafficTarget({ name, from, rules, ...on(day) });
}

function compiled(...objects: readonly KubernetesObject[]): Compilation {
  return compileMesh(makeSnapshot([...home, ...objects]), makeSettings());
}

function opened({ model }: Compilation): readonly string[] {
  return (model.rules.get(cart) ?? []).map(({ name }) => name);
}

function served({ model }: Compilation): readonly string[] {
  const all = [...model.workloads.values()].flatMap((workload) => workload.served);
  return [...new Set(all.flatMap(({ services }) => services))];
}

function codesIn({ diagnostics }: Compilation): readonly string[] {
  const codes = ['target-too-wide', 'service-ports-limited'];
  return diagnostics
    .filter(({ code }) => codes.includes(code))
    .map(({ code, object }) => `${code} ${object.name}`);
}

describe('boundInbound', () => {
  it('leaves out a TrafficTarget with too many sources for its ports, and all younger ones', () => {
    const mesh = compiled(
      service('cart', 4, 1),
      target('first', ['shop/web'], 2),
      target('wide', sources(4096), 3),
      target('last', ['shop/late'], 4),
    );
    expect(opened(mesh)).toEqual(['shop/first']);
    expect(codesIn(mesh)).toEqual(['target-too-wide last', 'target-too-wide wide']);
  });

  it('lets no younger Service take room from older TrafficTargets: its ports are not served', () => {
    const before = [service('cart', 1, 1), target('wide', sources(4096), 2)];
    const mesh = compiled(...before, service('more', 4, 3));
    expect(codesIn(compiled(...before))).toEqual([]);
    expect(opened(mesh)).toEqual(['shop/wide']);
    expect(served(mesh)).toEqual(['shop/cart']);
    expect(codesIn(mesh)).toEqual(['service-ports-limited more']);
  });

  it('counts a caller that several TrafficTargets name once', () => {
    const same = [2, 3, 4].map((day) => target(`t${String(day)}`, sources(4096), day));
    expect(codesIn(compiled(service('cart', 2, 1), ...same))).toEqual([]);
  });

  it('is about one account: those of another one lose nothing', () => {
    const mesh = compiled(
      ...[service('cart', 64, 1), target('wide', sources(4096), 2)],
      ...[makePod({ name: 'db-1', account: 'db', ip: '10.0.0.2' })],
      makeTrafficTarget({ name: 'db', to: 'db', rules, ...on(5) }),
    );
    const db = identityKey({ namespace: 'shop', serviceAccount: 'db' });
    expect(mesh.model.rules.get(db)).toHaveLength(1);
  });

  it('gives the very same objects while nothing changes', () => {
    const objects = [...home, service('cart', 64, 1), target('wide', sources(4096), 2)];
    const first = compileMesh(makeSnapshot(objects), makeSettings());
    const more = makeSnapshot([...objects, target('db', ['shop/web'], 3)]);
    const second = compileMesh(more, makeSettings(), first);
    expect(second.model.rules).toBe(first.model.rules);
    expect(second.model.workloads).toBe(first.model.workloads);
  });
});

describe('firstBeyond', () => {
  const most = 40_000;
  const rule = fc
    .record({
      some: fc.subarray([...sources(6)]),
      port: fc.constantFrom('all' as const, [80], [81]),
    })
    .filter(({ some }) => some.length > 0)
    .map(({ some, port }): SweepStep => {
      const made = { name: 'x', sources: some, ports: port, http: 'all', origins: [] };
      return { rule: { ...made, destination: cart } as unknown as AccessRule };
    });
  const led = fc.subarray([80, 81], { minLength: 1 }).map((ports): SweepStep => ({
    service: 'shop/cart',
    ports: ports.map((targetPort) => ({ targetPort, protocol: 'http' as const })),
  }));

  it('keeps what fits with all that is older, however steps are added or taken away', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(rule, led), { minLength: 1, maxLength: 14 }),
        fc.nat(),
        (steps, seed) => {
          const kept = firstBeyond(steps, most) ?? steps.length;
          const gone = seed % steps.length;
          const left = firstBeyond(steps.toSpliced(gone, 1), most) ?? steps.length - 1;
          expect(left).toBeGreaterThanOrEqual(gone < kept ? kept - 1 : kept);
        },
      ),
    );
  });
});
