// The worked cases of SMI's text (access v1alpha3, specs v1alpha4), each as a row.
import { describe, expect, it } from '@jest/globals';
import { type Call, isAllowed } from '../../test/support/oracles/allowed.ts';
import { makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import { makeSettings } from '../../test/support/builders/make-settings.ts';
import { makeNamespace } from '../../test/support/builders/make-object.ts';
import {
  makeRouteGroup,
  makeTcpRoute,
  makeTrafficTarget,
} from '../../test/support/builders/make-policy.ts';
import type { KubernetesObject } from '../api/core.ts';
import type { TrafficTarget } from '../api/gen/traffic-target.ts';
import type { DiagnosticCode } from '../policy/diagnostic.ts';
import { compileMesh } from './compile.ts';

interface Case {
  readonly name: string;
  readonly objects: readonly KubernetesObject[];
  readonly allowed?: readonly Partial<Call>[];
  readonly denied?: readonly Partial<Call>[];
  readonly codes?: readonly DiagnosticCode[];
}

const http = (name: string, ...matches: string[]): TrafficTarget['spec']['rules'][number] =>
  matches.length === 0
    ? { kind: 'HTTPRouteGroup', name }
    : { kind: 'HTTPRouteGroup', name, matches };
const tcp = (name: string): TrafficTarget['spec']['rules'][number] => ({ kind: 'TCPRoute', name });
const udp: TrafficTarget['spec']['rules'][number] = { kind: 'UDPRoute', name: 'dns' };
const path = (name: string, pathRegex: string) => ({ name, pathRegex });
const get = { path: '/' };

const cases: readonly Case[] = [
  {
    name: 'A: targets add up, whatever their order and however their routes overlap',
    objects: [
      makeRouteGroup({ name: 'api', matches: [path('api', '/api')] }),
      makeRouteGroup({ name: 'any', matches: [path('any', '.*')] }),
      makeTrafficTarget({ name: 'x', from: ['shop/x'], rules: [http('api')] }),
      makeTrafficTarget({ name: 'y', from: ['shop/y'], rules: [http('any')] }),
    ],
    allowed: [
      { from: 'shop/y', path: '/api/1' },
      { from: 'shop/x', path: '/api/1' },
    ],
    denied: [{ from: 'shop/x', path: '/other' }],
  },
  {
    name: 'B: a port of one target and a route of another do not combine',
    objects: [
      makeRouteGroup({ name: 'a', matches: [path('a', '/a')] }),
      makeRouteGroup({ name: 'b', matches: [path('b', '/b')] }),
      makeTcpRoute({ name: 'p8080', ports: [8080] }),
      makeTcpRoute({ name: 'p9090', ports: [9090] }),
      makeTrafficTarget({ name: 'one', rules: [tcp('p8080'), http('a')] }),
      makeTrafficTarget({ name: 'two', rules: [tcp('p9090'), http('b')] }),
    ],
    allowed: [
      { port: 8080, path: '/a' },
      { port: 9090, path: '/b' },
    ],
    denied: [{ port: 8080, path: '/b' }, { port: 9090, path: '/a' }, { port: 8080 }],
  },
  {
    name: 'C: a rule without matches means every match of the group',
    objects: [
      makeRouteGroup({ matches: [path('a', '/a'), path('b', '/b')] }),
      makeTrafficTarget({ rules: [http('routes')] }),
    ],
    allowed: [{ path: '/a' }, { path: '/b' }],
    denied: [{ path: '/c' }],
  },
  {
    name: 'D: a path regex is anchored at its start only',
    objects: [makeRouteGroup({ matches: [path('metrics', '/metrics')] }), makeTrafficTarget()],
    allowed: [{ path: '/metrics/foo' }, { path: '/metrics' }],
    denied: [{ path: '/x/metrics' }],
  },
  {
    name: 'E: headers of one match must all hold, matches are alternatives',
    objects: [
      makeRouteGroup({
        matches: [
          { name: 'both', headers: [{ 'X-A': '1.*' }, { 'X-B': '2' }] },
          { name: 'map', headers: { 'x-c': '3' } },
        ],
      }),
      makeTrafficTarget(),
    ],
    allowed: [
      { path: '/', headers: { 'x-a': '10', 'x-b': '2' } },
      { path: '/', headers: { 'x-c': '3' } },
    ],
    denied: [
      { path: '/', headers: { 'x-a': '10' } },
      { path: '/', headers: { 'x-c': '33' } },
      { path: '/' },
    ],
  },
  {
    name: 'F: no methods, or "*", is any method',
    objects: [
      makeRouteGroup({
        matches: [
          { name: 'none', pathRegex: '/none' },
          { name: 'star', pathRegex: '/star', methods: ['GET', '*'] },
          { name: 'get', pathRegex: '/get', methods: ['GET'] },
        ],
      }),
      makeTrafficTarget(),
    ],
    allowed: [
      { path: '/none', method: 'DELETE' },
      { path: '/star', method: 'PATCH' },
      { path: '/get', method: 'GET' },
    ],
    denied: [{ path: '/get', method: 'POST' }],
  },
  {
    name: 'G: a match without headers does not look at headers',
    objects: [makeRouteGroup({ matches: [path('a', '/a')] }), makeTrafficTarget()],
    allowed: [{ path: '/a' }, { path: '/a', headers: { 'x-a': '1' } }],
  },
  {
    name: 'H: a match without a path takes any path',
    objects: [
      makeRouteGroup({ matches: [{ name: 'get', methods: ['GET'], pathRegex: '' }] }),
      makeTrafficTarget(),
    ],
    allowed: [{ path: '/anything/at/all' }],
  },
  {
    name: 'I: a source without a namespace allows nobody, the others stand',
    objects: [
      makeRouteGroup(),
      makeTrafficTarget({ name: 'alone', from: ['/web'] }),
      makeTrafficTarget({ name: 'beside', from: ['/web', 'shop/x'] }),
    ],
    allowed: [{ from: 'shop/x', ...get }],
    denied: [
      { from: 'shop/web', ...get },
      { from: '/web', ...get },
    ],
    codes: ['target-source-incomplete', 'target-source-incomplete'],
  },
  {
    name: 'J: no source allows nobody',
    objects: [makeRouteGroup(), makeTrafficTarget({ from: [] })],
    denied: [get, {}],
    codes: ['target-without-source'],
  },
  {
    name: 'K: a route that is missing denies, whatever else the target names',
    objects: [
      makeRouteGroup(),
      makeTrafficTarget({ name: 'group', rules: [http('routes'), http('gone')] }),
      makeTrafficTarget({ name: 'tcp', rules: [http('routes'), tcp('gone')] }),
      makeTrafficTarget({
        name: 'unknown',
        rules: [http('routes'), { kind: 'GRPCRoute', name: 'x' } as never],
      }),
    ],
    denied: [get, {}],
    codes: ['route-missing', 'route-missing', 'route-kind-unsupported'],
  },
  {
    name: 'L: a UDPRoute beside others leaves them as they are and opens nothing',
    objects: [
      makeRouteGroup({ matches: [path('a', '/a')] }),
      makeTrafficTarget({ rules: [http('routes'), udp] }),
    ],
    allowed: [{ path: '/a' }],
    denied: [{ path: '/b' }, {}],
    codes: ['route-kind-unsupported'],
  },
  {
    name: 'a UDPRoute alone opens no TCP',
    objects: [makeTrafficTarget({ rules: [udp] })],
    denied: [get, {}],
    codes: ['target-without-rule'],
  },
  {
    name: 'a TCPRoute alone opens its ports, for HTTP too; several are alternatives',
    objects: [
      makeTcpRoute({ name: 'one', ports: [9000] }),
      makeTcpRoute({ name: 'two', ports: [9001, 9000] }),
      makeTrafficTarget({ rules: [tcp('one'), tcp('two')] }),
    ],
    allowed: [{ port: 9000 }, { port: 9001 }, { port: 9001, path: '/x' }],
    denied: [{ port: 9002 }],
  },
  {
    name: 'a TCPRoute without ports opens every port',
    objects: [
      makeTcpRoute({ name: 'none' }),
      makeTcpRoute({ name: 'empty', ports: [] }),
      makeTrafficTarget({ name: 'x', from: ['shop/x'], rules: [tcp('none')] }),
      makeTrafficTarget({ name: 'y', from: ['shop/y'], rules: [tcp('empty')] }),
    ],
    allowed: [
      { from: 'shop/x', port: 1 },
      { from: 'shop/y', port: 65535 },
    ],
    denied: [{ from: 'shop/web', port: 1 }],
  },
  {
    name: 'a source that is listed is denied on another route',
    objects: [
      makeRouteGroup({ matches: [path('a', '/a'), path('b', '/b')] }),
      makeTrafficTarget({ rules: [http('routes', 'a')] }),
    ],
    allowed: [{ path: '/a' }],
    denied: [{ path: '/b' }],
  },
  {
    name: 'without any target everything is denied',
    objects: [],
    denied: [get, {}],
  },
];

describe('SMI conformance', () => {
  for (const { name, objects, allowed = [], denied = [], codes = [] } of cases) {
    for (const order of ['as written', 'reversed'] as const) {
      it(`${name} (${order})`, () => {
        const all = [makeNamespace(), ...objects];
        const snapshot = makeSnapshot(order === 'reversed' ? all.reverse() : all);
        const { model, diagnostics } = compileMesh(snapshot, makeSettings());
        const call = (partial: Partial<Call>): Call => ({
          from: 'shop/web',
          to: 'shop/cart',
          ...partial,
        });
        for (const one of allowed) expect([one, isAllowed(model, call(one))]).toEqual([one, true]);
        for (const one of denied) expect([one, isAllowed(model, call(one))]).toEqual([one, false]);
        expect(diagnostics.map(({ code }) => code).sort()).toEqual([...codes].sort());
      });
    }
  }
});
