import { describe, expect, it } from '@jest/globals';
import { makeService, makePod, makeNamespace } from '../../test/support/builders/make-object.ts';
import { makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import { makeSettings } from '../../test/support/builders/make-settings.ts';
import {
  makeRouteGroup,
  makeTcpRoute,
  makeTrafficSplit,
  makeTrafficTarget,
} from '../../test/support/builders/make-policy.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { Service } from '../api/core.ts';
import type { TrafficTarget } from '../api/gen/traffic-target.ts';
import { identityKey } from '../policy/identity.ts';
import { serviceKey } from '../policy/service.ts';
import { compileMesh } from './compile.ts';
import { boundOpened, maxOpenedOfNamespace } from './opened-bounds.ts';
import { readTrafficTarget } from '../smi/traffic-target/read.ts';
import { readRouteGroup } from '../smi/route-group/read.ts';
import {
  boundSelections,
  maxSelectionsOfNamespace,
  maxServicesOfNamespace,
} from './selection-bounds.ts';
import { maxNamedOfNamespace, tooWideTargets } from './target-bounds.ts';

const matches = Array.from({ length: 2048 }, (_, index) => ({ name: `m${String(index)}` }));
const routes = {
  groups: new Map([['routes', readRouteGroup(makeRouteGroup({ matches }))]]),
  tcp: new Map(),
};
/** How many TrafficTargets may name that group. */
const most = maxNamedOfNamespace / 2048;

function targets(count: number, from = 0): readonly TrafficTarget[] {
  return Array.from({ length: count }, (_, index) =>
    makeTrafficTarget({
      name: `t${String(from + index).padStart(4, '0')}`,
      creationTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, from + index)).toISOString(),
    }),
  );
}

function mapOf<T extends TrafficTarget | Service>(some: readonly T[]): ReadonlyMap<string, T> {
  return new Map(some.map((one) => [one.metadata.name, one]));
}

function leftOf(all: readonly TrafficTarget[]): ReturnType<typeof tooWideTargets> {
  const readings = new Map(all.map((one) => [one.metadata.name, readTrafficTarget(one)]));
  return tooWideTargets(mapOf(all), readings, routes);
}

describe('tooWideTargets', () => {
  it('leaves all as they are up to the limit', () => {
    expect(leftOf(targets(most)).size).toBe(0);
  });

  it('leaves out the newest, and says why', () => {
    const left = leftOf([...targets(most + 2)].reverse());
    expect([...left.keys()]).toEqual([`t0${String(most)}`, `t0${String(most + 1)}`]);
    expect([...left.values()][0]).toMatchObject({ code: 'target-too-wide', severity: 'error' });
  });

  it('takes nothing from others when one goes, and passes over what names nothing', () => {
    const all = targets(most + 2);
    const simple = makeTrafficTarget({ name: 'tcp', rules: [{ kind: 'TCPRoute', name: 'tcp' }] });
    const young = { ...simple, metadata: { ...simple.metadata, creationTimestamp: '2027-01-01' } };
    const left = leftOf([...all.slice(1), young]);
    expect([...left.keys()]).toEqual([`t0${String(most + 1)}`]);
  });
});

describe('boundOpened', () => {
  it('bounds TrafficTargets times the Services behind their destination', () => {
    const splits = new Map();
    const destination = identityKey({ namespace: 'shop', serviceAccount: 'cart' });
    const services = new Map(
      Array.from({ length: 1024 }, (_, index) => {
        const key = serviceKey('shop', `s${String(index)}`);
        const more = {
          namespace: 'shop',
          name: `s${String(index)}`,
          addresses: [],
          headless: false,
        };
        return [key, { key, ...more, ports: [], accounts: [destination] }] as const;
      }),
    );
    const some = targets(300);
    const rules = some.map(({ metadata: { name } }) => ({
      ...({ name: `shop/${name}`, destination, sources: [], ports: 'all', http: 'all' } as const),
      origins: [{ kind: 'TrafficTarget', namespace: 'shop', name, generation: 1 }],
    }));
    const within = new Map([[destination, rules.slice(0, maxOpenedOfNamespace / 1024)]]);
    const named = mapOf(some);
    expect(boundOpened({ rules: within, services, splits, targets: named }).rules).toBe(within);
    const bounded = boundOpened({
      rules: new Map([[destination, rules]]),
      ...{ services, splits, targets: named },
    });
    expect(bounded.rules.get(destination)).toEqual(rules.slice(0, maxOpenedOfNamespace / 1024));
    expect(bounded.diagnostics).toHaveLength(300 - maxOpenedOfNamespace / 1024);
  });
});

/** 64 ports behind 64 accounts, and TrafficTargets of 64 sources, more than may open them all. */
function wide(more: 'ports' | 'apexes' | 'nothing'): readonly Diagnostic[] {
  const accounts = Array.from({ length: 64 }, (_, at) => `caller-${at}`);
  const ports = Array.from({ length: more === 'ports' ? 16 : 1 }, (_, at) => ({ port: 80 + at }));
  const apexes = Array.from({ length: more === 'apexes' ? 16 : 0 }, (_, at) => `apex-${at}`);
  const objects = [
    ...[makeNamespace('shop'), makeRouteGroup({ name: 'all' })],
    makePod({ account: 'cart', name: 'cart-1', sidecar: false }),
    ...accounts.map((account, at) => makePod({ account, name: account, ip: `10.1.0.${at}` })),
    ...Array.from({ length: 16 }, (_, at) => makeService({ name: `s${at}`, app: 'cart', ports })),
    ...apexes.map((name) => makeService({ name, app: 'none' })),
    ...apexes.map((name) => makeTrafficSplit({ name, apex: name, backends: { s0: 1 } })),
    ...targets(2_000).map((target) => ({
      ...target,
      spec: {
        ...target.spec,
        sources: accounts.map((name) => ({ kind: 'ServiceAccount', namespace: 'shop', name })),
        rules: [{ kind: 'HTTPRouteGroup', name: 'all' }],
      },
    })),
  ];
  const { diagnostics } = compileMesh(makeSnapshot(objects), makeSettings());
  return diagnostics.filter(({ code }) => code === 'target-too-wide');
}

describe('what TrafficTargets open', () => {
  it.each([
    ['nothing', 2_000 - 256],
    ['ports', 2_000 - 16],
    ['apexes', 2_000 - 128],
  ] as const)('counts by sources and ports, with %s more', (more, left) => {
    expect(wide(more)).toHaveLength(left);
  });
});

describe('boundSelections', () => {
  it('leaves out the newest Services where they are too many for so many pods', () => {
    const services = new Map(
      ['a', 'b', 'c'].map((name, index) => [
        name,
        makeService({ name, creationTimestamp: `2026-01-0${String(3 - index)}T00:00:00Z` }),
      ]),
    );
    expect(boundSelections(services, 10).services).toBe(services);
    const { services: kept, diagnostics } = boundSelections(services, maxSelectionsOfNamespace / 2);
    expect([...kept.keys()]).toEqual(['b', 'c']);
    expect(diagnostics).toMatchObject([{ code: 'service-ports-limited', object: { name: 'a' } }]);
  });

  it('counts a Service by the labels of its selector', () => {
    const wide = makeService({ name: 'wide' });
    const selector = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`l${at}`, 'x']));
    const services = mapOf([{ ...wide, spec: { ...wide.spec, selector } }]);
    expect(boundSelections(services, maxSelectionsOfNamespace / 3).services).toBe(services);
    expect(boundSelections(services, maxSelectionsOfNamespace / 2).services.size).toBe(0);
  });

  it('leaves out the newest Services of very many, however few pods there are', () => {
    const some = Array.from({ length: maxServicesOfNamespace + 1 }, (_, at) =>
      makeService({ name: `s${at}`, creationTimestamp: `2026-01-01T00:00:00.${10_000 + at}Z` }),
    );
    const services = mapOf(some);
    const few = boundSelections(services, 0);
    expect(boundSelections(services, 3, few)).toEqual(boundSelections(services, 3));
    const { diagnostics } = few;
    expect(diagnostics.map(({ object }) => object.name)).toEqual([`s${maxServicesOfNamespace}`]);
  });
});

describe('a TrafficTarget that is too wide', () => {
  it('allows nothing, and says so of itself alone', () => {
    const all = targets(most + 1);
    const objects = [
      ...[makeNamespace('shop'), makeTcpRoute({ name: 'any' }), makePod(), makeService()],
      ...[makeRouteGroup({ matches }), ...all],
    ];
    const { model, diagnostics } = compileMesh(makeSnapshot(objects), makeSettings());
    const rules = [...model.rules.values()].flat().map(({ name }) => name);
    const last = all.at(-1)?.metadata.name ?? '';
    expect(rules).toHaveLength(most);
    expect(rules).not.toContain(`shop/${last}`);
    const wide = diagnostics.filter(({ code }) => code === 'target-too-wide');
    expect(wide.map(({ object }) => object.name)).toEqual([last]);
  });
});
