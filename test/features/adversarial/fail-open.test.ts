import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { KubernetesObject } from '../../../src/api/core.ts';
import type { IdentityKey } from '../../../src/policy/identity.ts';
import type { TrafficTarget } from '../../../src/api/gen/traffic-target.ts';
import { anyObject, identityOf } from '../../support/builders/arbitrary-cluster.ts';
import { makeNamespace, makePod, makeService } from '../../support/builders/make-object.ts';
import {
  makeRouteGroup,
  makeTcpRoute,
  makeTrafficTarget,
} from '../../support/builders/make-policy.ts';
import { type Call, decide, type Decision } from '../../support/oracles/decide.ts';
import { jsonOf } from '../../support/resources/messages.ts';
import { meshOf, type MeshOf } from '../../support/attacks/mesh-of.ts';
import { brokenCluster, runs } from '../../support/attacks/odd-objects.ts';

jest.setTimeout(120_000);

const sources = ['shop/web', 'shop/cart', 'bank/till', 'shop/stranger'] as IdentityKey[];
const requests = [
  {},
  ...['/', '/one', '/two'].flatMap((path) => ['GET', 'POST'].map((method) => ({ path, method }))),
];

/** Every call to any pod that its Envoy would let through, by the configuration it is given. */
function letThrough({ model, sets }: MeshOf): ReadonlySet<string> {
  const passed = [...model.workloads].flatMap(([uid, { served }]) => {
    const calls = served.flatMap(({ targetPort: port, services }) =>
      services.flatMap((service) => callsTo({ port, service })),
    );
    const decisionOn = (call: Call): Decision => decide(sets.get(uid)!, call);
    return calls
      .filter((call) => [200, 'passed'].includes(decisionOn(call)))
      .map((call) => `${uid} ${JSON.stringify(call)}`);
  });
  return new Set(passed);
}

function callsTo(at: Pick<Call, 'port' | 'service'>): readonly Call[] {
  return sources.flatMap((source) => requests.map((request) => ({ ...at, source, ...request })));
}

const policies = ['TrafficTarget', 'HTTPRouteGroup', 'TCPRoute'];
const places = ['shop', 'bank'].flatMap((namespace) =>
  ['cart', 'web', 'till'].map((account) => ({ namespace, account })),
);
const town = [
  makeNamespace('shop'),
  makeNamespace('bank'),
  ...places.map((place) => makePod({ ...place, name: place.account })),
  ...places.map(({ namespace, account }) => makeService({ namespace, name: account })),
];
/** Many policies over a town of six services. */
const anyPolicies = fc
  .uniqueArray(
    anyObject.filter(({ kind }) => policies.includes(kind)),
    { selector: identityOf, minLength: 8, maxLength: 18, size: 'max' },
  )
  .map((objects) => [...town, ...objects]);

describe('a policy that is not there opens nothing (CVE-2023-3518, GHSA-qm8v-g4f9-qhjx)', () => {
  it('so that without any one of them no more is let through than with it', () => {
    let seen = 0;
    fc.assert(
      fc.property(anyPolicies, fc.nat(), (objects, dice) => {
        const removable = objects.filter(({ kind }) => policies.includes(kind));
        fc.pre(removable.length > 0);
        const gone = identityOf(removable[dice % removable.length]!);
        const before = letThrough(meshOf(objects));
        const after = letThrough(meshOf(objects.filter((object) => identityOf(object) !== gone)));
        seen += before.size;
        expect([...after].filter((call) => !before.has(call))).toEqual([]);
      }),
      runs(200),
    );
    expect(seen).toBeGreaterThan(0);
  });

  it('and without all of them nothing is', () => {
    fc.assert(
      fc.property(anyPolicies, (objects) => {
        const bare = objects.filter(({ kind }) => kind !== 'TrafficTarget');
        expect(letThrough(meshOf(bare)).size).toBe(0);
      }),
      runs(50),
    );
  });
});

const ground = [
  makeNamespace('shop'),
  makePod(),
  makePod({ account: 'web' }),
  makeService(),
  makeService({ name: 'db', app: 'cart', ports: [{ name: 'tcp-db', port: 90 }] }),
];

function targetWith(spec: object): KubernetesObject {
  const target: TrafficTarget = makeTrafficTarget();
  return { ...target, spec: { ...target.spec, ...spec } } as KubernetesObject;
}

describe('what does not resolve denies (CVE-2021-36213, GHSA-qm8v-g4f9-qhjx)', () => {
  const routes = makeRouteGroup();
  const tcp = makeTcpRoute();
  const group = { kind: 'HTTPRouteGroup', name: 'routes' };

  it('while what does resolve allows', () => {
    expect(letThrough(meshOf([...ground, routes, targetWith({})])).size).toBeGreaterThan(0);
  });

  it.each<[string, object, readonly KubernetesObject[]]>([
    ['a group that is missing', {}, []],
    [
      'a TCPRoute that is missing',
      { rules: [group, { kind: 'TCPRoute', name: 'gone' }] },
      [routes],
    ],
    ['no rules', { rules: [] }, [routes]],
    ['no matches', { rules: [{ ...group, matches: [] }] }, [routes]],
    ['a match that is missing', { rules: [{ ...group, matches: ['gone'] }] }, [routes]],
    ['an unknown kind of route', { rules: [{ kind: 'GRPCRoute', name: 'routes' }] }, [routes]],
    ['UDPRoutes alone', { rules: [{ kind: 'UDPRoute', name: 'tcp' }] }, [tcp]],
    ['no sources', { sources: [] }, [routes]],
    [
      'a source without a namespace',
      { sources: [{ kind: 'ServiceAccount', name: 'web' }] },
      [routes],
    ],
    [
      'a source of another kind',
      { sources: [{ kind: 'Group', name: 'web', namespace: 'shop' }] },
      [routes],
    ],
    [
      'a source with a wildcard',
      { sources: [{ kind: 'ServiceAccount', name: '*', namespace: '*' }] },
      [routes],
    ],
    [
      'a destination elsewhere',
      { destination: { kind: 'ServiceAccount', name: 'cart', namespace: 'bank' } },
      [routes],
    ],
    [
      'a group whose regex is wrong',
      {},
      [makeRouteGroup({ matches: [{ name: 'all', pathRegex: '(?!x)' }] })],
    ],
    ['a group without matches', {}, [makeRouteGroup({ matches: [] })]],
  ])('%s', (_, spec, others) => {
    expect(letThrough(meshOf([...ground, ...others, targetWith(spec)])).size).toBe(0);
  });
});

/** The values of every field of that name, at any depth. */
function valuesOf(json: unknown, field: string): readonly unknown[] {
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([name, value]: [string, unknown]) => [
    ...(name === field ? [value] : []),
    ...valuesOf(value, field),
  ]);
}

interface SanMatcher {
  readonly sanType: string;
  readonly matcher: { readonly exact?: string; readonly safeRegex?: { readonly regex: string } };
}

const anyone = 'spiffe://[^/]+/ns/[^/]+/sa/[^/]+';
/** Of one account: nothing in its two names means more to a regular expression than itself. */
const oneName =
  /^spiffe:\/\/\[\^\/\]\+(?:\/(?:ns|sa)\/(?:[^\\^$.*+?()[\]{}|/]|\\[\\^$.*+?()[\]{}|])+){2}$/;

/** Whether it is a whole name, or none at all. Envoy takes a regular expression for the whole text. */
function isWhole({ exact, safeRegex }: SanMatcher['matcher']): boolean {
  if (exact !== undefined) return exact === 'spiffe:// nobody';
  const regex = safeRegex?.regex ?? '';
  return regex === anyone || oneName.test(regex);
}

describe('names on certificates (CVE-2022-21656)', () => {
  it('are matched by type and as a whole, and an empty list matches no peer', () => {
    fc.assert(
      fc.property(brokenCluster, fc.boolean(), (objects, permissive) => {
        const sets = [...meshOf(objects, { permissive }).sets.values()];
        const resources = sets.flatMap((set) => [
          ...set.listener.values(),
          ...set.cluster.values(),
        ]);
        const json = resources.map(jsonOf);
        expect(valuesOf(json, 'matchSubjectAltNames')).toEqual([]);
        const lists = valuesOf(json, 'matchTypedSubjectAltNames') as SanMatcher[][];
        expect(lists).toHaveLength(valuesOf(json, 'combinedValidationContext').length);
        expect(lists.filter((list) => list.length === 0)).toEqual([]);
        for (const { sanType, matcher } of lists.flat()) {
          expect(sanType).toBe('URI');
          expect([matcher, isWhole(matcher)]).toEqual([matcher, true]);
        }
      }),
      runs(100),
    );
  });
});
