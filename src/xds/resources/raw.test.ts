import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeSettings } from '../../../test/support/builders/make-settings.ts';
import { FilterChainSchema } from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import { StringMatcherSchema } from '../../envoy/gen/envoy/type/matcher/v3/string_pb.js';
import { callerAlpn } from '../../envoy/names.ts';
import type { AccessRule } from '../../policy/access.ts';
import { identityKey } from '../../policy/identity.ts';
import { CallerEncoder } from './caller-bytes.ts';
import { policyMap } from './policy-map.ts';
import { field, joined, utf8 } from './raw.ts';
import { networkRbac } from './rbac-network.ts';
import { downstreamTls } from './tls.ts';

describe('field', () => {
  it('is what the library writes, of any length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.constantFrom(1, 5, 500), (text, times) => {
        const suffix = `x${text.repeat(times)}`;
        const message = create(StringMatcherSchema, {
          matchPattern: { case: 'suffix', value: suffix },
        });
        expect(field(3, utf8(suffix))).toEqual(toBinary(StringMatcherSchema, message));
      }),
    );
  });
});

describe('CallerEncoder', () => {
  it('writes by hand what the library writes of one caller', () => {
    const settings = makeSettings();
    const name = fc.stringMatching(/^[a-z][a-z0-9.-]{0,80}$/);
    fc.assert(
      fc.property(name, name, (namespace, serviceAccount) => {
        const peer = identityKey({ namespace, serviceAccount });
        const alpn = callerAlpn(peer);
        const callers = { name: peer, alpn, peers: [peer], refused: false };
        const made = new CallerEncoder(settings).bytesOf(callers);
        const chain = create(FilterChainSchema, {
          filterChainMatch: { applicationProtocols: [alpn] },
          filters: [networkRbac([peer])],
          transportSocket: downstreamTls(settings, [peer]),
        });
        const parts = [field(1, made.alpn), made.filter, made.socket];
        expect(Buffer.from(joined(parts))).toEqual(Buffer.from(toBinary(FilterChainSchema, chain)));
      }),
    );
  });
});

describe('policyMap', () => {
  const match = { name: 'g/m', pathRegex: '/a', methods: [], headers: [] };
  const rule = (name: string, sources: readonly string[], http: AccessRule['http']): AccessRule =>
    ({
      name,
      sources,
      http,
      ports: 'all',
      origins: [],
      destination: 'shop/x',
    }) as unknown as AccessRule;

  it('makes rules that allow the very same requests one policy, under the first name', () => {
    const rules = [
      rule('shop/a', ['b/x', 'a/x'], [match]),
      rule('shop/b', ['c/x', 'a/x'], [match]),
      rule('shop/c', ['d/x'], [{ ...match }]),
      rule('shop/d', ['e/x'], 'all'),
    ];
    expect([...policyMap(rules)].map(([name, { sources }]) => [name, sources])).toEqual([
      ['shop/a', ['a/x', 'b/x', 'c/x']],
      ['shop/c', ['d/x']],
      ['shop/d', ['e/x']],
    ]);
  });

  it('loses no rule of two with one name', () => {
    const rules = [rule('shop/a', ['a/x'], [match]), rule('shop/a', ['b/x'], 'all')];
    expect([...policyMap(rules).keys()]).toEqual(['shop/a', 'shop/a#2']);
  });
});
