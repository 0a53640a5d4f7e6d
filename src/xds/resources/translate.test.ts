import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  accounts,
  methods,
  paths,
  someEndpoints,
  someInbound,
  someRule,
  someView,
  targetPorts,
} from '../../../test/support/builders/arbitrary-view.ts';
import { inconsistencies } from '../../../test/support/oracles/inconsistencies.ts';
import { type Call, type Decision, decide } from '../../../test/support/oracles/decide.ts';
import { jsonOf } from '../../../test/support/resources/messages.ts';
import { makeInbound, makeOutbound, makeServed } from '../../../test/support/builders/make-view.ts';
import { makeSettings } from '../../../test/support/builders/make-settings.ts';
import { callerAlpn } from '../../envoy/names.ts';
import type { AccessRule, HttpMatch } from '../../policy/access.ts';
import type { InboundView } from '../../policy/view.ts';
import { createAssembler } from './resource-set.ts';
import type { ResourceSet } from './resource.ts';

const service = 'shop/a';
const noEndpoints = new Map();

const someCall: fc.Arbitrary<Call> = fc.record({
  source: fc.constantFrom(...accounts),
  port: fc.constantFrom(...targetPorts),
  service: fc.constant(service),
  path: fc.constantFrom(...paths),
  method: fc.constantFrom(...methods),
  headers: fc.record({
    ':authority': fc.constantFrom('a', 'b', 'c'),
    'x-kind': fc.constantFrom('a', 'b', 'c'),
  }),
});

function setOf(inbound: InboundView): ResourceSet {
  const view = { inbound, outbound: makeOutbound({ settings: inbound.settings }) };
  return createAssembler().assemble(view, noEndpoints, undefined);
}

/** What a rule says of a request, straight from the words of the mesh. */
function holds(rule: AccessRule, call: Call, pathMatch: 'Prefix' | 'Full'): boolean {
  const onPort = rule.ports === 'all' || rule.ports.includes(call.port);
  return onPort && (rule.http === 'all' || rule.http.some((m) => describes(m, call, pathMatch)));
}

function describes(match: HttpMatch, call: Call, pathMatch: 'Prefix' | 'Full'): boolean {
  const end = pathMatch === 'Full' ? '$' : '';
  const { path = '', method = '', headers = {} } = call;
  return (
    (match.pathRegex === undefined || new RegExp(`^(?:${match.pathRegex})${end}`).test(path)) &&
    (match.methods.length === 0 || match.methods.includes(method)) &&
    match.headers.every(({ name, valueRegex }) => {
      const header = name === 'Host' ? ':authority' : name.toLowerCase();
      return new RegExp(`^(?:${valueRegex})$`).test(headers[header] ?? '');
    })
  );
}

/** The same decision as Envoy's, but from the rules. */
function expected(view: InboundView, call: Call): Decision {
  const here = view.served.filter(
    ({ targetPort, services }) =>
      targetPort === call.port && services.some((key) => key === service),
  );
  const http = here.some(({ protocol }) => protocol === 'http' || protocol === 'grpc');
  if (here.length === 0) return 'closed';
  if (view.settings.permissive) return http ? 200 : 'passed';
  return http ? byHttpRules(view, call) : byTcpRules(view.rules, call);
}

function byTcpRules(rules: readonly AccessRule[], call: Call): Decision {
  const open = rules.some(
    ({ http, ports, sources }) =>
      http === 'all' &&
      (ports === 'all' || ports.includes(call.port)) &&
      sources.includes(call.source),
  );
  return open ? 'passed' : 'closed';
}

function byHttpRules({ rules, settings }: InboundView, call: Call): Decision {
  const onPort = rules.filter(
    ({ ports, http }) => (ports === 'all' || ports.includes(call.port)) && http.length > 0,
  );
  if (onPort.length === 0) return 'closed';
  if (!onPort.some(({ sources }) => sources.includes(call.source))) return 403;
  const fitting = onPort.filter((rule) => holds(rule, call, settings.pathMatch));
  if (fitting.length === 0) return 404;
  return fitting.some(({ sources }) => sources.includes(call.source)) ? 200 : 403;
}

describe('translate', () => {
  it('gives every view a set that is consistent in itself', () => {
    fc.assert(
      fc.property(someView, someEndpoints, (view, endpoints) => {
        const set = createAssembler().assemble(view, endpoints, undefined);
        expect(inconsistencies(set)).toEqual([]);
      }),
    );
  });

  it('gives equal views equal bytes', () => {
    fc.assert(
      fc.property(someView, someEndpoints, (view, endpoints) => {
        const versions = (set: ResourceSet): unknown =>
          Object.values(set).map((named) => [...named.values()].map((r) => [r.name, r.version]));
        const copy = structuredClone(view);
        expect(versions(createAssembler().assemble(copy, endpoints, undefined))).toEqual(
          versions(createAssembler().assemble(view, endpoints, undefined)),
        );
      }),
    );
  });

  it('allows exactly what the rules allow', () => {
    const seen = new Set<Decision>();
    fc.assert(
      fc.property(someInbound, fc.array(someCall, { minLength: 5 }), (view, calls) => {
        const set = setOf(view);
        for (const call of calls) {
          const decision = decide(set, call);
          seen.add(decision);
          expect(decision).toBe(expected(view, call));
        }
      }),
      { numRuns: 300 },
    );
    expect(seen).toEqual(new Set(['closed', 'passed', 200, 403, 404]));
  });

  it('gives nothing to a caller that offers the ALPN of another', () => {
    fc.assert(
      fc.property(someInbound, someCall, fc.constantFrom(...accounts), (view, call, other) => {
        fc.pre(other !== call.source);
        expect(decide(setOf(view), { ...call, alpn: [callerAlpn(other)] })).toBe('closed');
      }),
    );
  });

  it('has a chain for each service, port and caller, which no rule or service more changes', () => {
    const chains = (rules: readonly AccessRule[], more: readonly string[]): Map<string, string> => {
      const served = [
        makeServed(8080, { services: [service, ...more] as never }),
        makeServed(9000, { protocol: 'tcp', services: [service, ...more] as never }),
      ];
      const listener = setOf(makeInbound({ served, rules })).listener.get('inbound');
      const json = listener === undefined ? {} : jsonOf(listener);
      const { filterChains = [] } = json as unknown as { filterChains?: { name: string }[] };
      return new Map(filterChains.map((chain) => [chain.name, JSON.stringify(chain)]));
    };
    fc.assert(
      fc.property(fc.array(someRule, { minLength: 1, maxLength: 4 }), (rules) => {
        const before = chains(rules.slice(1), []);
        const after = chains(rules, ['shop/b']);
        for (const [name, chain] of before) expect(after.get(name)).toBe(chain);
      }),
    );
  });

  it('never allows more with a rule less, or with policies instead of permissive mode', () => {
    const served = (['http', 'tcp'] as const).map((protocol, index) =>
      makeServed(targetPorts[index]!, { protocol, services: [service as never] }),
    );
    const allowed = (set: ResourceSet, call: Call): boolean =>
      [200, 'passed'].includes(decide(set, call));
    fc.assert(
      fc.property(fc.array(someRule, { maxLength: 4 }), someCall, (rules, call) => {
        const all = setOf(makeInbound({ served, rules }));
        const fewer = setOf(makeInbound({ served, rules: rules.slice(1) }));
        const any = setOf(
          makeInbound({ served, rules, settings: makeSettings({ permissive: true }) }),
        );
        if (allowed(fewer, call)) expect(allowed(all, call)).toBe(true);
        if (allowed(all, call)) expect(allowed(any, call)).toBe(true);
      }),
    );
  });
});
