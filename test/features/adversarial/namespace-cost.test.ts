// A namespace holds few bytes, of which each costs much to compile: pods without an address, names of ports that no
// container has, matches that no group has.
import { describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '../../../src/api/core.ts';
import { applyChanges } from '../../../src/cluster/snapshot.ts';
import { serviceKey } from '../../../src/policy/service.ts';
import { compileMesh, type Compilation } from '../../../src/mesh/compile.ts';
import { makeChange, makeSnapshot } from '../../support/builders/make-mesh.ts';
import { makeSettings } from '../../support/builders/make-settings.ts';
import { cpuOf } from '../../support/time/cpu-of.ts';
import { makeNamespace, makePod, makeService } from '../../support/builders/make-object.ts';
import { makeRouteGroup, makeTrafficTarget } from '../../support/builders/make-policy.ts';
import { attacker } from '../../support/attacks/two-namespaces.ts';

const compile = (objects: readonly KubernetesObject[]): Compilation =>
  compileMesh(makeSnapshot([makeNamespace(attacker), ...objects]), makeSettings());

function times<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** Eight Services with 128 ports each, in front of all pods. */
function services(targetPort?: string): readonly KubernetesObject[] {
  return times(8, (index) =>
    makeService({
      ...{
        namespace: attacker,
        name: `wide-${index}`,
        app: 'evil',
        clusterIP: `10.96.66.${index}`,
      },
      ports: times(128, (at) => ({
        name: `tcp-${at}`,
        port: 20_000 + index * 128 + at,
        ...(targetPort !== undefined && { targetPort }),
      })),
    }),
  );
}

function pending(index: number): KubernetesObject {
  const pod = makePod({ namespace: attacker, name: `evil-${index}`, account: 'evil', ip: '' });
  return { ...pod, status: { phase: 'Pending' } } as KubernetesObject;
}

function running(index: number, nodeName = 'node-1'): KubernetesObject {
  const ip = `10.66.${index >> 8}.${index & 255}`;
  const pod = makePod({ namespace: attacker, name: `evil-${index}`, account: 'evil', ip });
  return { ...pod, spec: { ...pod.spec, nodeName } } as KubernetesObject;
}

/** So many Services without ports, in front of all those pods. */
function headless(count: number): readonly KubernetesObject[] {
  return times(count, (index) =>
    makeService({
      ...{ namespace: attacker, name: `all-${index}`, app: 'evil' },
      ...{ clusterIP: 'None', ports: [] },
    }),
  );
}

describe('what a namespace costs to compile', () => {
  it('is bounded by pods behind ports, those too that have no address', () => {
    const { model, diagnostics } = compile([...services(), ...times(1_000, pending)]);
    const served = [...model.workloads.values()].reduce((sum, one) => sum + one.served.length, 0);
    expect(served).toBeLessThanOrEqual(32_768);
    expect(diagnostics.map(({ code }) => code)).toEqual(Array(8).fill('service-ports-limited'));
  });

  it('is bounded by the pods behind Services, those too that have no ports', () => {
    const costOf = (services: number): number => {
      const snapshot = makeSnapshot([
        ...[makeNamespace(attacker), ...headless(services)],
        ...times(1_000, (index) => running(index)),
      ]);
      const before = compileMesh(snapshot, makeSettings());
      const after = applyChanges(snapshot, [makeChange(running(7, 'other-node'))]);
      return cpuOf(() => compileMesh(after, makeSettings(), before));
    };
    costOf(32);
    expect(costOf(1_000)).toBeLessThan(3 * costOf(32) + 100);
  });

  it('is bounded, and the pods that no Service is looked up for are guarded all the same', () => {
    const young = makeService({
      ...{ namespace: attacker, name: 'young', app: 'young', clusterIP: 'None' },
      creationTimestamp: '2027-01-01T00:00:00Z',
    });
    const pod = makePod({ namespace: attacker, name: 'young', account: 'young', ip: '10.77.0.1' });
    const objects = [...headless(40), ...times(1_000, (index) => running(index)), young, pod];
    const snapshot = makeSnapshot([makeNamespace(attacker), ...objects]);
    const { model, diagnostics } = compileMesh(snapshot, makeSettings({ egress: true }));
    const limited = diagnostics.filter(({ code }) => code === 'service-ports-limited');
    expect(limited.map(({ object }) => object.name)).toEqual(['young']);
    expect(model.services.get(serviceKey(attacker, 'young'))?.ports).toEqual([]);
    expect(model.neverPlaintext).toContain('10.77.0.1');
  });

  it('guards the pods, too, of a Service that is left out for its selector', () => {
    const wide = makeService({ namespace: attacker, name: 'wide', clusterIP: 'None' });
    const labels = times(20_000, (at) => [`l${at}`, 'x'] as const);
    const service = { ...wide, spec: { ...wide.spec, selector: Object.fromEntries(labels) } };
    const pod = makePod({ namespace: attacker, name: 'wide', account: 'wide', ip: '10.77.0.1' });
    const snapshot = makeSnapshot([makeNamespace(attacker), service, pod]);
    const { model, diagnostics } = compileMesh(snapshot, makeSettings({ egress: true }));
    expect(diagnostics).toMatchObject([
      { code: 'service-ports-limited', object: { name: 'wide' } },
    ]);
    expect(model.neverPlaintext).toContain('10.77.0.1');
  });

  it('goes through the ports of a container once, however many ports name one', () => {
    const containers = [
      { name: 'app', image: 'app', ports: times(20_000, (at) => ({ containerPort: at + 1 })) },
    ];
    const pods = times(2, (index) => {
      const pod = makePod({ namespace: attacker, name: `evil-${index}`, account: 'evil' });
      return { ...pod, spec: { ...pod.spec, containers } } as KubernetesObject;
    });
    const numbered = cpuOf(() => compile([...services(), ...pods]));
    const named = cpuOf(() => compile([...services('nope'), ...pods]));
    expect(named).toBeLessThan(10 * numbered + 200);
  });

  it('reports some missing matches, and the number of the others', () => {
    const rule = {
      kind: 'HTTPRouteGroup',
      name: 'routes',
      matches: times(2_000, (at) => `m${at}`),
    };
    const { diagnostics } = compile([
      makeRouteGroup({ namespace: attacker, name: 'routes', matches: [{ name: 'other' }] }),
      makeTrafficTarget({ namespace: attacker, rules: [rule as never] }),
    ]);
    const missing = diagnostics.filter(({ code }) => code === 'route-match-missing');
    expect(missing).toHaveLength(8);
    expect(missing.map(({ message }) => message).join()).toContain('"m7" (and 1992 more)');
  });
});
