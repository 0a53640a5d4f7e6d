import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  makeRouteGroup,
  makeTcpRoute,
  makeTrafficSplit,
  makeTrafficTarget,
} from '../../test/support/builders/make-policy.ts';
import type { AdmissionRequest } from '../api/admission.ts';
import type { KubernetesObject } from '../api/core.ts';
import { validatePolicy } from './validate-policy.ts';

function request(object: KubernetesObject, oldObject?: KubernetesObject): AdmissionRequest {
  const { kind, metadata } = object;
  return {
    uid: '1',
    kind: { group: '', version: '', kind },
    operation: oldObject === undefined ? 'CREATE' : 'UPDATE',
    namespace: metadata.namespace ?? 'shop',
    name: metadata.name,
    object,
    ...(oldObject === undefined ? {} : { oldObject }),
  };
}

const udp = { kind: 'UDPRoute' as const, name: 'dns' };

const refused: readonly (readonly [string, KubernetesObject, readonly string[]])[] = [
  [
    'a target of another namespace',
    makeTrafficTarget({ toNamespace: 'bank' }),
    ['TrafficTarget shop/cart', 'spec.destination.namespace', 'bank', 'shop'],
  ],
  ['no source', makeTrafficTarget({ from: [] }), ['spec.sources', 'name at least one']],
  ['no rule', makeTrafficTarget({ rules: [] }), ['spec.rules']],
  ['only UDP', makeTrafficTarget({ rules: [udp] }), ['spec.rules']],
  [
    'a look-ahead',
    makeRouteGroup({ matches: [{ name: 'x', pathRegex: '(?=a)' }] }),
    ['HTTPRouteGroup shop/routes', 'match "x"', 'spec.matches[0].pathRegex', 'look-ahead'],
  ],
  [
    'a header that is no expression',
    makeRouteGroup({ matches: [{ name: 'x', headers: [{ 'x-a': '[' }] }] }),
    ['spec.matches[0].headers["x-a"]'],
  ],
  [
    'a header name with a line break',
    makeRouteGroup({ matches: [{ name: 'x', headers: { 'x\na': 'b' } }] }),
    ['spec.matches[0].headers'],
  ],
  ['only zeros', makeTrafficSplit({ backends: { v1: 0 } }), ['TrafficSplit shop/split', 'weight']],
  ['another namespace', makeTrafficSplit({ apex: 'a.b' }), ['spec.service', 'namespace shop']],
  ['a port that is none', makeTcpRoute({ ports: [0] }), ['TCPRoute shop/tcp', 'ports[0]']],
];

const taken: readonly (readonly [string, KubernetesObject, string?])[] = [
  ['a good target', makeTrafficTarget()],
  ['a good group', makeRouteGroup()],
  ['a good route', makeTcpRoute()],
  ['a good split', makeTrafficSplit()],
  ['a full name under any cluster domain', makeTrafficSplit({ apex: 'a.shop.svc.corp.example' })],
  ['a source without namespace, with a word', makeTrafficTarget({ from: ['/web'] }), 'sources[0]'],
  [
    'a UDPRoute beside another rule, with a word',
    makeTrafficTarget({ rules: [udp, { kind: 'TCPRoute', name: 'tcp' }] }),
    'UDPRoute dns',
  ],
  [
    'matches of a split, with a word',
    makeTrafficSplit({ matches: [{ kind: 'HTTPRouteGroup', name: 'x' }] }),
    'spec.matches',
  ],
];

describe('validatePolicy', () => {
  for (const [name, object, words] of refused) {
    it(`refuses ${name}, naming object, field and remedy`, () => {
      const answer = validatePolicy(request(object));
      expect(answer.allowed).toBe(false);
      const message = answer.allowed ? '' : answer.message;
      for (const word of words) expect(message).toContain(word);
    });
  }

  for (const [name, object, word] of taken) {
    it(`takes ${name}`, () => {
      const answer = validatePolicy(request(object));
      expect(answer.allowed).toBe(true);
      const warnings = answer.allowed ? (answer.warnings ?? []) : [];
      expect(warnings.some((one) => one.includes(word ?? ''))).toBe(word !== undefined);
    });
  }

  it('lets an edit through that leaves a bad spec as it is', () => {
    const bad = makeTrafficTarget({ from: [] });
    const edited = { ...bad, metadata: { ...bad.metadata, finalizers: [] } };
    expect(validatePolicy(request(edited, bad))).toEqual({ allowed: true });
    expect(validatePolicy(request(bad, makeTrafficTarget())).allowed).toBe(false);
  });

  it('lets an object go', () => {
    const { uid, kind, name = '' } = request(makeTrafficTarget());
    expect(validatePolicy({ uid, kind, name, operation: 'DELETE' })).toEqual({ allowed: true });
  });

  it('takes the namespace from the request when the object has none', () => {
    const target = makeTrafficTarget();
    const object = { ...target, metadata: { name: 'cart' } };
    expect(validatePolicy({ ...request(target), object })).toEqual({ allowed: true });
  });

  it('answers to anything', () => {
    const kind = fc.constantFrom(
      'TrafficTarget',
      'HTTPRouteGroup',
      'TCPRoute',
      'TrafficSplit',
      'Pod',
    );
    const key = fc.constantFrom(
      'destination',
      'sources',
      'rules',
      'matches',
      'backends',
      'service',
      'ports',
    );
    const spec = fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue()));
    fc.assert(
      fc.property(kind, spec, (one, value) => {
        const object = { apiVersion: 'x', kind: one, metadata: { name: 'x' }, spec: value };
        expect(typeof validatePolicy(request(object)).allowed).toBe('boolean');
      }),
    );
  });
});
