import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { KubernetesObject, Pod } from '../../../src/api/core.ts';
import type { MeshSettings } from '../../../src/policy/mesh-settings.ts';
import type { Resource, ResourceSet } from '../../../src/xds/resources/resource.ts';
import { identityOf } from '../../support/builders/arbitrary-cluster.ts';
import {
  makeEndpointSlice,
  makePod,
  makeService,
  withoutSelector,
} from '../../support/builders/make-object.ts';
import { makeTrafficSplit, makeTrafficTarget } from '../../support/builders/make-policy.ts';
import { inconsistencies } from '../../support/oracles/inconsistencies.ts';
import { jsonOf } from '../../support/resources/messages.ts';
import { meshOf, type MeshOf } from '../../support/attacks/mesh-of.ts';
import { runs } from '../../support/attacks/odd-objects.ts';
import {
  attack,
  attacker,
  attackerHome,
  attackerPods,
  attackerServices,
  ending,
  plainService,
  victimPods,
  victims,
} from '../../support/attacks/two-namespaces.ts';

jest.setTimeout(120_000);

const own = new Set([...attackerPods, ...attackerServices]);

/** The addresses (`<ip>`) at which a listener takes connections. */
function boundTo(listener: Resource): readonly string[] {
  const text = JSON.stringify(jsonOf(listener));
  const parts = /"address":\{"socketAddress":\{"address":"([^"]+)"/g;
  return [...text.matchAll(parts)].map(([, address = '']) => address);
}

/** What a listener refuses to pass on must not count but for the attacker's own addresses. */
function withoutOwnGuards(listener: Resource): unknown {
  return JSON.parse(JSON.stringify(jsonOf(listener)), (key, value: unknown): unknown => {
    if (key === 'filterChains' && Array.isArray(value)) return value.filter(hasRanges) as unknown;
    if (key !== 'prefixRanges' || !Array.isArray(value)) return value;
    return (value as { addressPrefix: string }[]).filter(
      ({ addressPrefix }: { addressPrefix: string }) => !own.has(addressPrefix),
    );
  }) as unknown;
}

function hasRanges(chain: { filterChainMatch?: { prefixRanges?: unknown[] } }): boolean {
  return chain.filterChainMatch?.prefixRanges?.length !== 0;
}

/** What the attacker may bring about at others: that his own services can be called. */
function isOwn(resource: Resource): boolean {
  const { type, name } = resource;
  if (type === 'listener') {
    const addresses = boundTo(resource);
    return addresses.length > 0 && addresses.every((address) => own.has(address));
  }
  return name.startsWith(`${attacker}/`) || name.startsWith(`outbound/${attacker}/`);
}

/** Parts that every proxy has that calls anybody, always the same. */
const common = ['outbound', 'refused-outbound', 'passthrough-outbound'];

/** What is different for a proxy of another namespace, and is nothing of the attacker's. */
function taken(without: ResourceSet, having: ResourceSet): readonly string[] {
  const types = Object.keys(without) as (keyof ResourceSet)[];
  return types.flatMap((type) => [
    ...[...without[type].values()].flatMap((before) => {
      const now = having[type].get(before.name);
      if (now?.version === before.version) return [];
      const guards = type === 'listener' && before.name === 'outbound' && now !== undefined;
      const same =
        guards &&
        JSON.stringify(withoutOwnGuards(now)) === JSON.stringify(withoutOwnGuards(before));
      return same ? [] : [`${type} ${before.name} changed`];
    }),
    ...[...having[type].values()].flatMap((now) => {
      if (without[type].has(now.name) || isOwn(now) || common.includes(now.name)) return [];
      return [`${type} ${now.name} appeared`];
    }),
  ]);
}

const known = new Map<string, MeshOf>();

/** The victims' mesh, made once for each mode. */
function alone(settings: Partial<MeshSettings>): MeshOf {
  const key = JSON.stringify(settings);
  const made = known.get(key) ?? meshOf(victims, settings);
  known.set(key, made);
  return made;
}

function expectNothingTaken(
  objects: readonly KubernetesObject[],
  settings: Partial<MeshSettings>,
): void {
  const distinct = [...new Map(objects.map((one) => [identityOf(one), one])).values()];
  const without = alone(settings);
  const having = meshOf([...victims, ...attackerHome, ...distinct], settings);
  for (const [uid, set] of without.sets) {
    const now = having.sets.get(uid);
    expect(now === undefined ? ['no longer served'] : taken(set, now)).toEqual([]);
    expect(inconsistencies(now ?? set)).toEqual([]);
  }
  for (const [key, endpoints] of having.model.endpoints) {
    if (!key.startsWith(`${attacker}/`)) continue;
    const led = endpoints.map(({ address }) => address);
    expect(led.filter((address) => victimPods.includes(address))).toEqual([]);
  }
  const others = ({ object }: { object: { namespace: string } }): boolean =>
    object.namespace !== attacker;
  expect(having.diagnostics.filter(others)).toEqual(without.diagnostics.filter(others));
}

/** Listeners at addresses that are not the attacker's own, and that were not there without him. */
function foreignListeners(having: MeshOf, without: MeshOf): readonly string[] {
  return [...without.sets].flatMap(([uid, before]) =>
    [...(having.sets.get(uid)?.listener.values() ?? [])]
      .filter((one) => !common.includes(one.name) && !isOwn(one))
      .filter((one) => before.listener.get(one.name)?.version !== one.version)
      .map((one) => `${uid} ${one.name}`),
  );
}

const modes = [true, false].flatMap((permissive) =>
  [true, false].map((egress) => ({ permissive, egress })),
);

/** Leads an address to a service of the attacker's pod, by a split; opens it to shop/web. */
function trap(address: string, named: boolean, ip = attackerPods[0]!): readonly KubernetesObject[] {
  const ports = [{ name: 'tcp-db', port: 5432 }];
  const at = { namespace: attacker, creationTimestamp: '2026-01-01T00:00:00Z' };
  const bait = makeService({ ...at, name: 'trap', clusterIP: 'None', ports });
  const slice = makeEndpointSlice({ ...at, service: 'trap', ports, pods: { 'evil-1': address } });
  const endpoints = [{ addresses: [address] }];
  return [
    makePod({ ...at, name: 'evil-1', account: 'evil', ip }),
    withoutSelector(bait),
    (named ? slice : { ...slice, endpoints }) as KubernetesObject,
    makeService({ ...at, name: 'sink', app: 'evil', ports, clusterIP: attackerServices[0]! }),
    makeTrafficSplit({ ...at, name: 's', apex: 'trap', backends: { sink: 1 } }),
    makeTrafficTarget({
      ...at,
      to: 'evil',
      from: ['shop/web'],
      rules: [{ kind: 'TCPRoute', name: 'any' }],
    }),
  ];
}

describe('S2: a namespace', () => {
  for (const address of ['10.1.0.2', '10.1.0.9', '203.0.113.10', '10.0.0.10']) {
    for (const named of [true, false]) {
      it(`takes no call to ${address} over by ${named ? 'naming its own pod' : 'naming no pod'}`, () => {
        for (const mode of modes) expectNothingTaken(trap(address, named), mode);
      });
    }
  }

  it('hears on its Service why an address does not count', () => {
    const { diagnostics } = meshOf([...victims, ...attackerHome, ...trap('10.1.0.2', true)]);
    const mine = diagnostics.filter(({ object }) => object.name === 'trap');
    expect(mine.map(({ code, object }) => `${object.kind} ${code}`)).toEqual([
      'Service service-endpoint-foreign',
    ]);
    expect(mine[0]?.message).toContain('10.1.0.2, which is not an address of pod evil-1');
  });

  it('takes no cluster IP that is taken, and hears so', () => {
    for (const clusterIP of ['10.96.0.1', plainService, '0.0.0.0']) {
      const thief = makeService({
        ...{ namespace: attacker, name: 'thief', app: 'evil', clusterIP },
        creationTimestamp: '2026-01-01T00:00:00Z',
      });
      const home = [
        ...attackerHome,
        makePod({ namespace: attacker, account: 'evil', ip: '10.66.0.1' }),
      ];
      for (const mode of modes) expectNothingTaken([...home, thief], mode);
      const { diagnostics } = meshOf([...victims, ...home, thief], { permissive: true });
      expect(diagnostics.filter(({ object }) => object.name === 'thief')).toMatchObject([
        { code: 'service-address-taken' },
      ]);
    }
  });

  for (const address of ['10.96.0.1', '10.96.0.2', plainService, '10.0.0.10']) {
    for (const named of [true, false]) {
      it(`takes no call to ${address} by a pod whose status names it, ${named ? 'named' : 'unnamed'}`, () => {
        const [pod, ...rest] = trap(address, named, address);
        for (const mode of modes) {
          expectNothingTaken([pod!, ...rest], mode);
          expectNothingTaken([ending(pod as Pod), ...rest], mode);
        }
        const { diagnostics } = meshOf([...victims, ...attackerHome, pod!, ...rest]);
        const onPods = diagnostics.filter(({ object }) => object.kind === 'Pod');
        expect(onPods).toMatchObject([
          { code: 'pod-address-disputed', object: { namespace: attacker, name: 'evil-1' } },
        ]);
        expect(onPods[0]?.message).toContain(address);
      });
    }
  }

  it('has no address before its pod is on a node', () => {
    const [pod, ...rest] = trap('198.51.100.7', false, '198.51.100.7');
    const unplaced = { ...pod, spec: { ...(pod as Pod).spec, nodeName: '' } } as Pod;
    for (const mode of modes) expectNothingTaken([unplaced, ...rest], mode);
  });

  it("attracts no call by the address of another's pod, and both owners get a diagnostic", () => {
    for (const address of [...victimPods, '10.1.0.4']) {
      for (const [named, mode] of [true, false].flatMap((one) =>
        modes.map((mode) => [one, mode] as const),
      )) {
        const having = meshOf(
          [...victims, ...attackerHome, ...trap(address, named, address)],
          mode,
        );
        expect(foreignListeners(having, alone(mode))).toEqual([]);
        const disputes = having.diagnostics.filter(({ code }) => code === 'pod-address-disputed');
        expect(disputes.map(({ object }) => object.namespace).sort()).toEqual([attacker, 'shop']);
        const led = [...having.model.endpoints.values()].flat().map((one) => one.address);
        expect(led).not.toContain(address);
      }
    }
  });

  it("loses another's address again when its pod is being deleted or has finished", () => {
    for (const address of victimPods) {
      const [pod, ...rest] = trap(address, true, address) as [Pod, ...KubernetesObject[]];
      const over = { ...pod, status: { ...pod.status, phase: 'Failed' } };
      for (const mode of modes) {
        for (const one of [ending(pod), over]) expectNothingTaken([one, ...rest], mode);
      }
    }
  });

  it('changes nothing for others, whatever stands in it, but that its own services are there', () => {
    fc.assert(
      fc.property(attack, fc.constantFrom(...modes), (objects, mode) => {
        expectNothingTaken(objects, mode);
      }),
      runs(200),
    );
  });
});
