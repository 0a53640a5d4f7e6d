import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  makeEndpointSlice,
  makePod,
  makeService,
} from '../../test/support/builders/make-object.ts';
import type { Service } from '../api/core.ts';
import { byAge } from '../cluster/by-age.ts';
import {
  boundAccounts,
  boundEndpoints,
  keptPorts,
  maxAccountsOfNamespace,
  maxListenersOfNamespace,
} from './reach-bounds.ts';
import { groupSlices } from './slices.ts';

const ports = Array.from({ length: 128 }, (_, index) => ({
  name: `tcp-${String(index)}`,
  port: 1000 + index,
}));

function headless(name: string, day = 1): Service {
  const creationTimestamp = `2026-01-0${String(day)}T00:00:00Z`;
  return makeService({ name, ports, clusterIP: 'None', creationTimestamp });
}

function mapOf(services: readonly Service[]): ReadonlyMap<string, Service> {
  return new Map(services.map((one) => [one.metadata.name, one]));
}

/** Each Service with that many pods behind all its ports. */
function bounded(services: readonly Service[], pods: number) {
  const addresses = Object.fromEntries(
    Array.from({ length: pods }, (_, index) => [`p${String(index)}`, `10.0.0.${String(index)}`]),
  );
  const slices = services.map(({ metadata: { name } }) =>
    makeEndpointSlice({ name, service: name, pods: addresses, ports }),
  );
  const all = mapOf(services);
  const grouped = groupSlices(new Map(slices.map((one) => [one.metadata.name, one])));
  return boundEndpoints({ all, kept: all }, grouped);
}

describe('boundEndpoints', () => {
  it('leaves all as it is up to the limits', () => {
    const { services, diagnostics } = bounded([headless('a')], maxListenersOfNamespace / 128);
    expect(services.get('a')?.spec.ports).toHaveLength(128);
    expect(diagnostics).toEqual([]);
  });

  it('serves the ports of older headless Services, and says which of younger ones it leaves out', () => {
    const { services, diagnostics } = bounded(
      [headless('b', 2), headless('a'), headless('c', 3)],
      24,
    );
    const counts = ['a', 'b', 'c'].map((name) => services.get(name)?.spec.ports?.length);
    expect(counts).toEqual([128, 42, 0]);
    expect(diagnostics.map(({ code, object }) => `${code} ${object.name}`)).toEqual([
      'service-ports-limited b',
      'service-ports-limited c',
    ]);
    expect(diagnostics[0]?.message).toBe(
      'Weft leaves out ports 1042, 1043, 1044, 1045, 1046 and 81 more, and calls to them are refused: it serves at most 4096 addresses behind all ports of the headless Services of one namespace, and older Services have priority: give the Service a cluster IP, fewer ports or fewer pods, or move it to another namespace',
    );
  });

  it('takes nothing from a Service with a cluster IP for the sake of headless ones', () => {
    const plain = makeService({ name: 'plain', ports, clusterIP: '10.96.0.9' });
    const { services } = bounded([headless('a'), plain], 60);
    expect(services.get('plain')).toBe(plain);
    expect(services.get('plain')?.spec.ports).toHaveLength(128);
    expect(services.get('a')?.spec.ports).toHaveLength(68);
  });
});

describe('boundAccounts', () => {
  it('bounds the ServiceAccounts behind all ports', () => {
    const all = mapOf([headless('a')]);
    const pods = Array.from({ length: 256 }, (_, index) =>
      makePod({ account: `x${String(index)}` }),
    );
    const behind = new Map([['a', { pods, unselected: new Set<string>(), written: new Map() }]]);
    const selection = { behind, beyond: new Set<string>() };
    const { services, diagnostics } = boundAccounts({ all, kept: all }, selection);
    expect(services.get('a')?.spec.ports).toHaveLength(maxAccountsOfNamespace / 256);
    expect(diagnostics[0]?.message).toContain('16384 ServiceAccounts behind all ports');
  });
});

describe('keptPorts', () => {
  const most = 100;
  const plan = fc.array(
    fc.record({
      counts: fc.array(fc.nat(40), { maxLength: 4 }),
      day: fc.integer({ min: 1, max: 3 }),
    }),
    { maxLength: 12 },
  );

  it('keeps the oldest: no Service depends on a younger Service, nor loses when another is deleted', () => {
    fc.assert(
      fc.property(plan, fc.nat(), (all, at) => {
        const counts = new Map(
          all.map((one, index) => [headless(`s${String(index)}`, one.day), one.counts]),
        );
        const kept = (without?: Service): ReadonlyMap<Service, number> => {
          const some = [...counts.keys()].filter((one) => one !== without).sort(byAge);
          const of = (service: Service): readonly number[] => counts.get(service) ?? [];
          const cut = new Map(keptPorts(some, { countPerPort: of, most }));
          return new Map(some.map((one) => [one, cut.get(one) ?? of(one).length]));
        };
        const whole = kept();
        const sum = [...whole].flatMap(([one, n]) => (counts.get(one) ?? []).slice(0, n));
        expect(sum.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(most);
        const gone = [...whole.keys()][at % Math.max(1, whole.size)];
        for (const [one, n] of kept(gone)) {
          const before = whole.get(one) ?? 0;
          expect(n).toBeGreaterThanOrEqual(before);
          if (gone !== undefined && byAge(one, gone) < 0) expect(n).toBe(before);
        }
      }),
    );
  });
});
