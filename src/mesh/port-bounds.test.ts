import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeService } from '../../test/support/builders/make-object.ts';
import type { Service } from '../api/core.ts';
import { boundPorts, maxPortsOfNamespace, maxPortsOfService } from './port-bounds.ts';

function withPorts(name: string, count: number, day = 1): Service {
  const ports = Array.from({ length: count }, (_, index) => ({ port: 1000 + index }));
  return makeService({ name, ports, creationTimestamp: `2026-01-0${String(day)}T00:00:00Z` });
}

function mapOf(...services: readonly Service[]): ReadonlyMap<string, Service> {
  return new Map(services.map((one) => [one.metadata.name, one]));
}

/** How many ports of each Service are served. */
function served(...services: readonly Service[]): Record<string, number | undefined> {
  const kept = [...boundPorts(mapOf(...services)).services];
  return Object.fromEntries(kept.map(([name, { spec }]) => [name, spec.ports?.length]));
}

const eight = 'abcdefgh'.split('').map((name) => withPorts(name, maxPortsOfService));

describe('boundPorts', () => {
  it('leaves all as it is up to the limits', () => {
    const input = mapOf(...eight, withPorts('i', 0));
    expect(boundPorts(input)).toEqual({ input, services: input, diagnostics: [] });
    expect(boundPorts(input).services).toBe(input);
  });

  it('serves the first 128 TCP ports of a Service, and says which are left out', () => {
    const wide = withPorts('wide', 200);
    const udp = { port: 53, protocol: 'UDP' };
    const both = { ...wide, spec: { ...wide.spec, ports: [...wide.spec.ports!, udp] } };
    const { services, diagnostics } = boundPorts(mapOf(both, withPorts('other', 2)));
    const ports = services.get('wide')?.spec.ports ?? [];
    expect(ports).toHaveLength(129);
    expect([ports[127]?.port, ports[128]]).toEqual([1127, udp]);
    expect(services.get('other')?.spec.ports).toHaveLength(2);
    expect(diagnostics).toMatchObject([
      { code: 'service-ports-limited', severity: 'error', object: { name: 'wide' } },
    ]);
    expect(diagnostics[0]?.message).toBe(
      'Weft leaves out ports 1128, 1129, 1130, 1131, 1132 and 67 more, and calls to them are refused: Weft serves at most 128 TCP ports of one Service: move the others to other Services, or delete unused ports',
    );
  });

  it('serves 1,024 of a namespace: those of older Services first, then by name', () => {
    expect(served(withPorts('young', 10, 2), ...eight)).toMatchObject({ a: 128, young: 0 });
    expect(served(withPorts('ancient', 10, 1), ...eight)).toMatchObject({ a: 128, h: 118 });
    expect(served(...eight, withPorts('a0', 10))).toMatchObject({ a: 128, a0: 10, h: 118 });
    const { diagnostics } = boundPorts(mapOf(withPorts('young', 1, 2), ...eight));
    expect(diagnostics[0]?.message).toContain('1024 TCP ports of all Services of one namespace');
  });

  it('does not count what the mesh does not serve', () => {
    const name = withPorts('name', 300);
    const external: Service = { ...name, spec: { ...name.spec, type: 'ExternalName' } };
    expect(served(external, ...eight)).toMatchObject({ a: 128, h: 128, name: 300 });
  });

  it('keeps a Service that is cut as before the very same object', () => {
    const wide = withPorts('wide', 200);
    const before = boundPorts(mapOf(wide));
    const after = boundPorts(mapOf(wide, withPorts('other', 1)), before);
    expect(after.services.get('wide')).toBe(before.services.get('wide'));
    expect(boundPorts(before.input, before)).toBe(before);
  });

  it('never serves more than the limits, nor leaves out an older port for a younger port', () => {
    const some = fc.array(fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 3 })), { maxLength: 20 });
    fc.assert(
      fc.property(some, (plan) => {
        const all = plan.map(([count, day], index) => withPorts(`s${String(index)}`, count, day));
        const counts = Object.values(served(...all)).map((one) => one ?? 0);
        expect(Math.max(0, ...counts)).toBeLessThanOrEqual(maxPortsOfService);
        expect(counts.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(maxPortsOfNamespace);
        const youngest = withPorts('youngest', 100, 9);
        expect(served(...all, youngest)).toMatchObject(served(...all));
      }),
    );
  });
});
