import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { identityKey } from '../../../src/policy/identity.ts';
import { firstBeyond, type SweepStep } from '../../../src/mesh/inbound-sweep.ts';
import { makeNamespace, makePod, makeService } from '../../support/builders/make-object.ts';
import {
  makeRouteGroup,
  makeTcpRoute,
  makeTrafficTarget,
} from '../../support/builders/make-policy.ts';
import { meshOf } from '../../support/attacks/mesh-of.ts';

// The bound on what an account's proxies hold is a sum of estimates: held here against real resources.

const account = fc.stringMatching(/^[a-z]([a-z0-9.-]{0,100}[a-z0-9])?$/);
const path = fc.constantFrom('/', '/a/b', '/[^/]+/x', '/a.b.c.*', '/\\D\\W\\S', '/é[a-z]+', '.*');
const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE');
const headers = fc.dictionary(fc.stringMatching(/^[a-z]{1,20}$/), fc.constantFrom('a', '.*', 'é+'));
const match = fc.record({
  pathRegex: path,
  methods: fc.uniqueArray(method, { minLength: 1 }),
  headers,
});
const target = fc.record({
  from: fc.uniqueArray(account, { minLength: 1, maxLength: 8 }),
  group: fc.integer({ min: 0, max: 3 }),
});
const mesh = fc.record({
  services: fc.uniqueArray(fc.stringMatching(/^[a-z]{1,63}$/), { minLength: 1, maxLength: 3 }),
  ports: fc.integer({ min: 1, max: 3 }),
  protocol: fc.constantFrom('http', 'tcp'),
  groups: fc.array(fc.array(match, { minLength: 1, maxLength: 6 }), { minLength: 3, maxLength: 3 }),
  targets: fc.array(target, { maxLength: 5 }),
  permissive: fc.boolean(),
});

describe('what rules are said to cost', () => {
  it('is not less than what is encoded', () => {
    fc.assert(
      fc.property(mesh, ({ services, ports, protocol, groups, targets, permissive }) => {
        const listed = Array.from({ length: ports }, (_, index) => ({
          name: `${protocol}-${String(index)}`,
          port: 1000 + index,
        }));
        const { model, sets } = meshOf(
          [
            ...[makeNamespace('shop'), makeTcpRoute({ name: 'any' }), makePod({ name: 'cart-1' })],
            ...services.map((name) => makeService({ name, app: 'cart', ports: listed })),
            ...groups.map((some, group) => {
              const matches = some.map((one, index) => ({ name: `m${String(index)}`, ...one }));
              return makeRouteGroup({ name: `g${String(group)}`, matches });
            }),
            ...targets.map(({ from, group }, index) =>
              makeTrafficTarget({
                name: `t${String(index)}`,
                from: from.map((one) => `shop/${one}`),
                rules:
                  group === 3
                    ? [{ kind: 'TCPRoute', name: 'any' }]
                    : [{ kind: 'HTTPRouteGroup', name: `g${String(group)}` }],
              }),
            ),
          ],
          { permissive },
        );
        const own = identityKey({ namespace: 'shop', serviceAccount: 'cart' });
        const workload = [...model.workloads.values()][0];
        const steps: SweepStep[] = services.map((name) => ({
          service: `shop/${name}`,
          ports: workload?.served ?? [],
        }));
        steps.push(...(model.rules.get(own) ?? []).map((rule) => ({ rule })));
        const set = sets.get('uid-shop-cart-1');
        const encoded = Object.values(set ?? {})
          .flatMap((some) => [...some.values()])
          .filter(({ name }) => name === 'inbound' || /^rds-inbound|^inbound|\|local$/.test(name));
        const bytes = encoded.reduce((sum, one) => sum + one.encoded.length, 0);
        expect(firstBeyond(steps, bytes - 1000 - 1)).toBeDefined();
        expect(firstBeyond(steps, 8 * bytes + 8000 * services.length * ports - 1)).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });
});
