import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeService } from '../../test/support/builders/make-object.ts';
import { makeTrafficTarget } from '../../test/support/builders/make-policy.ts';
import type { AccessRule } from '../policy/access.ts';
import { type IdentityKey, identityKey } from '../policy/identity.ts';
import { isHttp } from '../policy/service.ts';
import type { ServedPort, Workload } from '../policy/workload.ts';
import { type BoundedInbound, boundInbound, type InboundInput } from './inbound-bounds.ts';
import { PortCost } from './inbound-cost.ts';
import { firstBeyond, type Port, type SweepStep } from './inbound-sweep.ts';

const cart = identityKey({ namespace: 'shop', serviceAccount: 'cart' });
const web = identityKey({ namespace: 'shop', serviceAccount: 'web' });
const match = { name: 'g/m', pathRegex: '/.*', methods: [], headers: [] };

type RuleParts = Pick<AccessRule, 'ports' | 'http'> & { readonly callers?: number };

/** How often the ports and sources of rules were read, which each visit of a rule to a port does. */
interface Looks {
  count: number;
}

function watched(name: string, looks: Looks, { ports, http, callers = 1 }: RuleParts): AccessRule {
  const sources = numbered(callers, (index) =>
    identityKey({ namespace: 'shop', serviceAccount: `web-${String(index)}` }),
  );
  return {
    ...{ name: `shop/${name}`, destination: cart, http },
    origins: [{ kind: 'TrafficTarget', namespace: 'shop', name, generation: 1 }],
    get sources(): readonly IdentityKey[] {
      looks.count += 1;
      return sources;
    },
    get ports(): AccessRule['ports'] {
      looks.count += 1;
      return ports;
    },
  };
}

const servedPorts = 200;
const podsAtAll = 16;
const rulesAtAll = 300;

function numbered<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** Pods of one account, each of which serves many ports as all of them do, and one as no other does. */
function pods(protocol: ServedPort['protocol']): ReadonlyMap<string, Workload> {
  const shared = numbered(servedPorts, (index) => ({
    ...{ targetPort: 1000 + index, protocol },
    services: ['shop/cart' as const],
  }));
  return new Map(
    numbered(podsAtAll, (index): [string, Workload] => {
      const own = { targetPort: 2000 + index, protocol, services: ['shop/cart' as const] };
      const pod = { pod: `shop/p${String(index)}`, uid: `u${String(index)}`, account: cart };
      const served = [...shared, own] as unknown as Workload['served'];
      return [pod.uid, { ...pod, served, probes: [], metrics: false }];
    }),
  );
}

function around(protocol: ServedPort['protocol']): Pick<InboundInput, 'services' | 'workloads'> {
  const services = new Map([['cart', makeService({ name: 'cart' })]]);
  return { services, workloads: pods(protocol) };
}

function bounded(parts: RuleParts, protocol: ServedPort['protocol']): BoundedInbound & Looks {
  const looks = { count: 0 };
  const names = numbered(rulesAtAll, (index) => `t${String(index)}`);
  const rules = new Map([[cart, names.map((name) => watched(name, looks, parts))]]);
  const targets = new Map(names.map((name) => [name, makeTrafficTarget({ name })]));
  const bound = boundInbound({ ...around(protocol), rules, targets });
  return { ...bound, count: looks.count };
}

describe('rules that hold at no port of a pod', () => {
  it.each<[string, RuleParts]>([
    ['that name a port which no pod serves', { ports: [1], http: 'all' }],
    ['that name a port which one pod of many serves', { ports: [2003], http: 'all' }],
    ['for requests, where all ports are opaque', { ports: 'all', http: [match] }],
    ['for requests at named ports that are opaque', { ports: [1000, 1001], http: [match] }],
  ])('cost no time for each port: those %s', (_what, parts) => {
    const { count, diagnostics } = bounded(parts, 'tcp');
    expect(diagnostics).toEqual([]);
    expect(count).toBeLessThan(8 * rulesAtAll);
  });

  it('are left out all the same when older ones are too much', () => {
    const looks = { count: 0 };
    const wide = watched('d-wide', looks, { ports: 'all', http: 'all', callers: 4096 });
    const idle = watched('e-idle', looks, { ports: [1], http: 'all' });
    const names = ['d-wide', 'e-idle'];
    const { rules, diagnostics } = boundInbound({
      ...around('tcp'),
      rules: new Map([[cart, [idle, wide]]]),
      targets: new Map(names.map((name) => [name, makeTrafficTarget({ name })])),
    });
    expect(diagnostics.map(({ object }) => object.name)).toEqual(names);
    expect([...rules.keys()]).toEqual([]);
  });
});

const ports = fc.constantFrom('all' as const, [80], [81], [80, 81], [1, 80]);
const rule = fc
  .record({
    some: fc.subarray([web, cart], { minLength: 1 }),
    ...{ ports, http: fc.constantFrom('all' as const, [match]) },
  })
  .map(({ some: sources, ...parts }): SweepStep => {
    return { rule: { name: 'shop/x', sources, destination: cart, origins: [], ...parts } };
  });
const port = fc.record({
  targetPort: fc.constantFrom(80, 81),
  protocol: fc.constantFrom<ServedPort['protocol']>('http', 'grpc', 'tcp', 'tcp-server-first'),
});
const led = fc.record({
  service: fc.constantFrom('shop/cart', 'shop/c'),
  ports: fc.uniqueArray(port, { minLength: 1, selector: (one) => JSON.stringify(one) }),
  kind: fc.integer({ min: 0, max: 2 }),
});
const row = fc.array(fc.oneof(rule, led), { minLength: 1, maxLength: 14 });

function holds({ ports: named }: AccessRule, { targetPort }: Port): boolean {
  return named === 'all' || named.includes(targetPort);
}

/** The sum for one kind of pods as it is meant: each port of each Service with each rule that holds there. */
function meant(steps: readonly SweepStep[], kind: number): number {
  const rules = steps.flatMap((step) => ('rule' in step ? [step.rule] : []));
  const ways = steps.flatMap((step) => {
    if ('rule' in step || step.kind !== kind) return [];
    return step.ports.map((at) => ({ at, letters: step.service.length }));
  });
  return ways.reduce((sum, { at, letters }) => {
    const cost = new PortCost(isHttp(at.protocol));
    for (const one of rules) if (holds(one, at)) cost.add(one);
    return sum + cost.bytes + cost.names * letters;
  }, 0);
}

describe('the sweep', () => {
  it('counts each port of each Service with each rule that holds there, whatever came first', () => {
    fc.assert(
      fc.property(row, (steps) => {
        const most = Math.max(...[0, 1, 2].map((kind) => meant(steps, kind)));
        expect(firstBeyond(steps, most)).toBeUndefined();
        expect(firstBeyond(steps, most - 1)).toBeDefined();
      }),
    );
  });

  it('finds the first step that is too much for some kind of pods', () => {
    fc.assert(
      fc.property(row, fc.integer({ min: 1, max: 60_000 }), (steps, most) => {
        const isBeyond = (_: SweepStep, at: number): boolean =>
          [0, 1, 2].some((kind) => meant(steps.slice(0, at + 1), kind) > most);
        const first = steps.findIndex(isBeyond);
        expect(firstBeyond(steps, most)).toBe(first < 0 ? undefined : first);
      }),
    );
  });
});
