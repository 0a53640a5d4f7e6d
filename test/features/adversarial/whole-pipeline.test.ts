import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { KubernetesObject } from '../../../src/api/core.ts';
import { applyChanges } from '../../../src/cluster/snapshot.ts';
import type { MeshModel } from '../../../src/policy/mesh-model.ts';
import type { MeshSettings } from '../../../src/policy/mesh-settings.ts';
import { compileMesh } from '../../../src/mesh/compile.ts';
import { identityOf } from '../../support/builders/arbitrary-cluster.ts';
import { makeChange, makeRemoval, makeSnapshot } from '../../support/builders/make-mesh.ts';
import { makeSettings } from '../../support/builders/make-settings.ts';
import { makeNamespace, makePod, makeService } from '../../support/builders/make-object.ts';
import { makeTrafficSplit } from '../../support/builders/make-policy.ts';
import { inconsistencies } from '../../support/oracles/inconsistencies.ts';
import { meshOf, offered, versionsOf } from '../../support/attacks/mesh-of.ts';
import {
  brokenCluster,
  brokenObject,
  oddCluster,
  oddObject,
  runs,
} from '../../support/attacks/odd-objects.ts';

jest.setTimeout(120_000);

const settings: fc.Arbitrary<Partial<MeshSettings>> = fc.record({
  permissive: fc.boolean(),
  egress: fc.boolean(),
  ipv6: fc.boolean(),
  pathMatch: fc.constantFrom('Prefix', 'Full'),
});

function resourcesOf(mesh: ReturnType<typeof meshOf>): object {
  return Object.fromEntries([...mesh.sets].map(([uid, set]) => [uid, versionsOf(set)]));
}

describe('whatever objects there are', () => {
  it('takes objects of any shape, and what each proxy gets hangs together', () => {
    fc.assert(
      fc.property(brokenCluster, settings, (objects, chosen) => {
        const { sets } = meshOf(objects, chosen);
        for (const set of sets.values()) expect(inconsistencies(set)).toEqual([]);
      }),
      runs(100),
    );
  });

  it('makes the same of the same objects in any order', () => {
    fc.assert(
      fc.property(brokenCluster, settings, fc.infiniteStream(fc.nat()), (objects, chosen, dice) => {
        const shuffled = objects
          .map((object) => [dice.next().value ?? 0, object] as const)
          .sort(([a], [b]) => a - b)
          .map(([, object]) => object);
        const [one, other] = [meshOf(objects, chosen), meshOf(shuffled, chosen)];
        expect(other.diagnostics).toEqual(one.diagnostics);
        expect(resourcesOf(other)).toEqual(resourcesOf(one));
      }),
      runs(100),
    );
  });

  it('makes of a change what it makes of the whole', () => {
    fc.assert(
      fc.property(brokenCluster, fc.oneof(oddObject, brokenObject), (objects, added) => {
        const rest = objects.filter((object) => identityOf(object) !== identityOf(added));
        const before = makeSnapshot(rest);
        const first = compileMesh(before, makeSettings());
        const after = compileMesh(applyChanges(before, [makeChange(added)]), makeSettings(), first);
        const whole = meshOf([...rest, added]);
        expect(after.diagnostics).toEqual(whole.diagnostics);
        expect(resourcesOf(offered(after))).toEqual(resourcesOf(whole));
        const removed = applyChanges(makeSnapshot([...rest, added]), [makeRemoval(added)]);
        const back = compileMesh(removed, makeSettings(), after);
        expect(resourcesOf(offered(back))).toEqual(resourcesOf(meshOf(rest)));
      }),
      runs(100),
    );
  });
});

const aside = 'island';

function renamed(
  object: KubernetesObject,
  place: { namespace?: string; name: string },
): KubernetesObject {
  const metadata = { ...object.metadata, uid: 'uid-broken', ...place };
  return { ...object, metadata };
}

/**
 * A pod with an address of its own: two pods of one address are a matter of their nodes, and neither gets
 * calls (docs/decisions/0113).
 */
function atHome(object: KubernetesObject): KubernetesObject {
  const { status } = object as { readonly status?: unknown };
  if (object.kind !== 'Pod' || typeof status !== 'object' || status === null) return object;
  const own = { podIP: '10.77.0.1', podIPs: [{ ip: '10.77.0.1' }] };
  return { ...object, status: { ...status, ...own } } as KubernetesObject;
}

describe('a set of resources', () => {
  it('has no route of a service without an address', () => {
    const { spec, ...service } = makeService();
    const bare = { ...service, spec: { ports: spec.ports, selector: { app: 'nobody' } } };
    const split = makeTrafficSplit({ backends: { cart: 1 } });
    const { sets } = meshOf([makeNamespace('shop'), makePod(), bare, split] as KubernetesObject[], {
      permissive: true,
    });
    for (const set of sets.values()) {
      expect(inconsistencies(set)).toEqual([]);
      expect([...set.route.keys()]).toEqual([]);
    }
  });
});

describe('an object that is broken', () => {
  it('in one namespace changes nothing for proxies of the others', () => {
    fc.assert(
      fc.property(oddCluster, brokenObject, fc.boolean(), (objects, broken, permissive) => {
        fc.pre(!permissive || broken.kind !== 'Service');
        const all = [...objects, makeNamespace(aside)];
        const without = meshOf(all, { permissive });
        const beside = atHome(renamed(broken, { namespace: aside, name: 'broken' }));
        const having = meshOf([...all, beside], { permissive });
        for (const [uid, set] of without.sets) {
          expect(versionsOf(having.sets.get(uid)!)).toEqual(versionsOf(set));
        }
      }),
      runs(100),
    );
  });

  it('and refused as a whole leaves the model as it was', () => {
    const policies = ['TrafficTarget', 'TrafficSplit', 'TCPRoute', 'HTTPRouteGroup'];
    fc.assert(
      fc.property(oddCluster, brokenObject, (objects, broken) => {
        fc.pre(policies.includes(broken.kind));
        const beside = renamed(broken, { name: 'broken' });
        const without = meshOf(objects).model;
        const { model, diagnostics } = meshOf([...objects, beside]);
        const own = diagnostics.filter(({ object }) => object.name === 'broken');
        const route = broken.kind === 'TCPRoute' || broken.kind === 'HTTPRouteGroup';
        fc.pre(route || own.some(({ code }) => code === 'object-malformed'));
        expect(partsOf(model)).toEqual(partsOf(without));
      }),
      runs(200),
    );
  });

  it('that is a Service or an EndpointSlice changes that service alone', () => {
    fc.assert(
      fc.property(oddCluster, brokenObject, (objects, broken) => {
        fc.pre(broken.kind === 'Service' || broken.kind === 'EndpointSlice');
        const labels = { 'kubernetes.io/service-name': 'broken' };
        const beside = renamed(
          { ...broken, metadata: { ...broken.metadata, labels } },
          { name: 'broken' },
        );
        const without = meshOf(objects).model;
        const { model } = meshOf([...objects, beside]);
        expect(others(model)).toEqual(others(without));
      }),
      runs(100),
    );
  });
});

function partsOf({ services, endpoints, splits, rules, workloads }: MeshModel): object {
  return { services, endpoints, splits, rules, workloads };
}

/** Services and endpoints by name, without those of `broken`. */
function others({ services, endpoints, rules }: MeshModel): object {
  const isOther = ([key]: readonly [string, unknown]): boolean => !/\/broken(\||$)/.test(key);
  return {
    services: [...services].filter(isOther),
    endpoints: [...endpoints].filter(isOther),
    rules: [...rules],
  };
}
