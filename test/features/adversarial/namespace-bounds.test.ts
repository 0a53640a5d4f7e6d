import { describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '../../../src/api/core.ts';
import { maxPortsOfNamespace } from '../../../src/mesh/port-bounds.ts';
import type { ResourceSet } from '../../../src/xds/resources/resource.ts';
import { makePod, makeService } from '../../support/builders/make-object.ts';
import { makeTrafficTarget } from '../../support/builders/make-policy.ts';
import { inconsistencies } from '../../support/oracles/inconsistencies.ts';
import { meshOf } from '../../support/attacks/mesh-of.ts';
import {
  attacker,
  attackerHome,
  attackerPods,
  victims,
} from '../../support/attacks/two-namespaces.ts';

// A namespace names a caller of another one in a TrafficTarget, and makes very many ports for it to hold.

const caller = 'uid-shop-web-1';

function wide(index: number, count: number, headless: boolean): KubernetesObject {
  const ports = Array.from({ length: count }, (_, at) => ({
    name: `tcp-${String(at)}`,
    port: 20_000 + at,
  }));
  return makeService({
    ...{ namespace: attacker, name: `wide-${String(index)}`, app: 'evil', ports },
    clusterIP: headless ? 'None' : `10.96.66.${String(index)}`,
  });
}

function flood(ports: number, headless: boolean): readonly KubernetesObject[] {
  return [
    ...attackerHome,
    makePod({ namespace: attacker, name: 'evil-1', account: 'evil', ip: attackerPods[0]! }),
    ...Array.from({ length: 14 }, (_, index) => wide(index, ports, headless)),
    makeTrafficTarget({
      ...{ namespace: attacker, to: 'evil', from: ['shop/web'] },
      rules: [{ kind: 'TCPRoute', name: 'any' }],
    }),
  ];
}

function countOf(set: ResourceSet | undefined): number {
  return Object.values(set ?? {}).reduce((sum, resources) => sum + resources.size, 0);
}

describe('what a namespace costs the callers that it names', () => {
  for (const headless of [false, true]) {
    it(`is bounded in ports of its ${headless ? 'headless ' : ''}Services, which is said of them`, () => {
      const without = meshOf(victims).sets.get(caller);
      const { sets, diagnostics } = meshOf([...victims, ...flood(1000, headless)]);
      const set = sets.get(caller);
      const more = (set?.cluster.size ?? 0) - (without?.cluster.size ?? 0);
      // By its name and, if it is headless, by its pods' addresses.
      expect(more).toBe((headless ? 2 : 1) * maxPortsOfNamespace);
      expect(countOf(set) - countOf(without)).toBeLessThanOrEqual(4 * maxPortsOfNamespace);
      expect(inconsistencies(set!)).toEqual([]);
      const limited = diagnostics.filter(({ code }) => code === 'service-ports-limited');
      expect(limited.map(({ object }) => object.namespace)).toEqual(Array(14).fill(attacker));
    });
  }

  it('leaves what others have as it is', () => {
    const without = meshOf(victims).sets.get(caller);
    const set = meshOf([...victims, ...flood(1000, false)]).sets.get(caller);
    for (const [name, { version }] of without?.cluster ?? [])
      expect(set?.cluster.get(name)?.version).toBe(version);
  });
});
