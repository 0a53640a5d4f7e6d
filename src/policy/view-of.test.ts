import { describe, expect, it } from '@jest/globals';
import { makeChange, makeRemoval, makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import { makeSettings } from '../../test/support/builders/make-settings.ts';
import {
  makeEndpointSlice,
  makeNamespace,
  makePod,
  makeService,
} from '../../test/support/builders/make-object.ts';
import {
  makeRouteGroup,
  makeTrafficSplit,
  makeTrafficTarget,
  type TargetOptions,
} from '../../test/support/builders/make-policy.ts';
import type { KubernetesObject } from '../api/core.ts';
import { applyChanges } from '../cluster/snapshot.ts';
import { compileMesh } from '../mesh/compile.ts';
import type { MeshModel } from './mesh-model.ts';
import type { MeshSettings } from './mesh-settings.ts';
import type { ProxyView } from './view.ts';
import { createViews, type Views } from './view-of.ts';

const target = (name: string, options: TargetOptions): KubernetesObject =>
  makeTrafficTarget({ name, ...options });

/** web and job call cart; cart is split between v1 and v2, with accounts of their own. */
const shop: readonly KubernetesObject[] = [
  makeNamespace(),
  makePod({ account: 'web', ip: '10.0.0.1' }),
  makePod({ account: 'web', name: 'web-2', ip: '10.0.0.2' }),
  makePod({ account: 'job', ip: '10.0.0.3' }),
  makePod({ account: 'v1', ip: '10.0.1.1', labels: { of: 'cart' } }),
  makePod({ account: 'v2', ip: '10.0.1.2', labels: { of: 'cart' } }),
  makePod({ account: 'till', ip: '10.0.2.1' }),
  {
    ...makeService(),
    spec: { ...makeService().spec, selector: { of: 'cart' } },
  } as KubernetesObject,
  makeService({ name: 'v1', clusterIP: '10.96.0.2' }),
  makeService({ name: 'v2', clusterIP: '10.96.0.3' }),
  makeService({ name: 'till', clusterIP: '10.96.0.4' }),
  makeEndpointSlice({ service: 'v1', pods: { 'v1-1': '10.0.1.1' } }),
  makeTrafficSplit({ apex: 'cart', backends: { v1: 1, v2: 1 } }),
  makeRouteGroup(),
  target('to-v1', { to: 'v1', from: ['shop/web', 'shop/job'] }),
  target('to-v2', { to: 'v2', from: ['shop/web'] }),
  target('to-till', { to: 'till', from: ['shop/v1'] }),
];

class Mesh {
  #snapshot = makeSnapshot(shop);
  #compiled = compileMesh(this.#snapshot, makeSettings());
  readonly views: Views = createViews();

  get model(): MeshModel {
    return this.#compiled.model;
  }

  change(objects: readonly KubernetesObject[], settings: Partial<MeshSettings> = {}): void {
    this.#snapshot = applyChanges(this.#snapshot, objects.map(makeChange));
    this.#compiled = compileMesh(this.#snapshot, makeSettings(settings), this.#compiled);
  }

  remove(object: KubernetesObject): void {
    this.#snapshot = applyChanges(this.#snapshot, [makeRemoval(object)]);
    this.#compiled = compileMesh(this.#snapshot, makeSettings(), this.#compiled);
  }

  all(): Readonly<Record<string, ProxyView>> {
    const workloads = [...this.model.workloads.values()];
    return Object.fromEntries(
      workloads.map((one) => [one.pod, this.views.viewOf(this.model, one)]),
    );
  }

  reach(pod: string): Readonly<Record<string, readonly string[]>> {
    const services = this.all()[`shop/${pod}`]!.outbound.services;
    return Object.fromEntries(services.map((one) => [one.service.key, one.accounts]));
  }
}

function changed(
  before: Readonly<Record<string, ProxyView>>,
  after: Readonly<Record<string, ProxyView>>,
): readonly string[] {
  return Object.keys(after).flatMap((pod) => {
    const [was, is] = [before[pod], after[pod]!];
    return [
      ...(was?.inbound === is.inbound ? [] : [`${pod} inbound`]),
      ...(was?.outbound === is.outbound ? [] : [`${pod} outbound`]),
    ];
  });
}

describe('outbound', () => {
  it('has the services with an account that some rule opens, and apexes of their splits', () => {
    const mesh = new Mesh();
    expect(mesh.reach('web-1')).toEqual({
      'shop/cart': ['shop/v1', 'shop/v2'],
      'shop/v1': ['shop/v1'],
      'shop/v2': ['shop/v2'],
    });
    expect(mesh.reach('job-1')).toEqual({ 'shop/cart': ['shop/v1'], 'shop/v1': ['shop/v1'] });
    expect(mesh.reach('till-1')).toEqual({});
  });

  it('has the apex of a split also when no account behind the apex itself is open', () => {
    const mesh = new Mesh();
    const other = makePod({ account: 'v1', ip: '10.0.1.1' });
    const others = makePod({ account: 'v2', ip: '10.0.1.2' });
    mesh.change([other, others, makePod({ account: 'old', labels: { of: 'cart' } })]);
    expect(mesh.reach('web-1')).toMatchObject({ 'shop/cart': [] });
    expect(mesh.reach('till-1')).toEqual({});
  });

  it('names the objects that opened and shaped a service', () => {
    const mesh = new Mesh();
    const origins = Object.fromEntries(
      mesh
        .all()
        ['shop/web-1']!.outbound.services.map((one) => [
          one.service.name,
          one.origins.map(({ kind, name }) => `${kind} ${name}`),
        ]),
    );
    expect(origins).toEqual({
      cart: ['TrafficTarget to-v1', 'TrafficTarget to-v2', 'TrafficSplit split'],
      v1: ['TrafficTarget to-v1'],
      v2: ['TrafficTarget to-v2'],
    });
  });

  it('has only backends that offer a port of the apex', () => {
    const mesh = new Mesh();
    mesh.change([makeTrafficSplit({ apex: 'cart', backends: { v1: 1, v3: 9 }, generation: 2 })]);
    const apex = mesh.all()['shop/web-1']!.outbound.services[0]!;
    expect(apex.split?.backends).toEqual([{ service: 'shop/v1', weight: 1, ports: [80] }]);
  });

  it('has every service with every account in permissive mode, in one list for all', () => {
    const mesh = new Mesh();
    mesh.change([], { permissive: true });
    expect(mesh.reach('till-1')).toEqual({
      'shop/cart': ['shop/v1', 'shop/v2'],
      'shop/till': ['shop/till'],
      'shop/v1': ['shop/v1'],
      'shop/v2': ['shop/v2'],
    });
    const views = mesh.all();
    expect(views['shop/till-1']!.outbound.services).toBe(views['shop/web-1']!.outbound.services);
    const named = views['shop/till-1']!.inbound.rules.map(({ name }) => name);
    expect(named).toEqual(['shop/to-till']);
  });
});

describe('sharing', () => {
  it('gives pods that are alike one view, and callers alike one service', () => {
    const views = new Mesh().all();
    expect(views['shop/web-1']).toBe(views['shop/web-2']);
    const [web, job] = ['shop/web-1', 'shop/job-1'].map((pod) => views[pod]!.outbound.services);
    expect(job!.find(({ service }) => service.name === 'v1')).toBe(
      web!.find(({ service }) => service.name === 'v1'),
    );
  });

  it('changes no view for endpoints', () => {
    const mesh = new Mesh();
    const before = mesh.all();
    mesh.change([makeEndpointSlice({ service: 'v1', pods: {} })]);
    expect(changed(before, mesh.all())).toEqual([]);
  });

  it('changes for a weight only outbound views that have the split', () => {
    const mesh = new Mesh();
    const before = mesh.all();
    mesh.change([makeTrafficSplit({ apex: 'cart', backends: { v1: 1, v2: 9 }, generation: 2 })]);
    const after = mesh.all();
    expect(changed(before, after)).toEqual([
      'shop/job-1 outbound',
      'shop/web-1 outbound',
      'shop/web-2 outbound',
    ]);
    const kept = after['shop/web-1']!.outbound.services.slice(1);
    expect(kept).toEqual(before['shop/web-1']!.outbound.services.slice(1));
    for (const [index, one] of kept.entries()) {
      expect(one).toBe(before['shop/web-1']!.outbound.services[index + 1]);
    }
  });

  it('changes for a route only the inbound views of its destinations', () => {
    const mesh = new Mesh();
    mesh.change([makeRouteGroup({ name: 'own' })]);
    mesh.change([
      target('to-till', {
        to: 'till',
        from: ['shop/v1'],
        rules: [{ kind: 'HTTPRouteGroup', name: 'own' }],
      }),
    ]);
    const before = mesh.all();
    mesh.change([makeRouteGroup({ name: 'own', matches: [{ name: 'x' }], generation: 2 })]);
    expect(changed(before, mesh.all())).toEqual(['shop/till-1 inbound']);
  });

  it('changes for a target its source and its destination', () => {
    const mesh = new Mesh();
    const before = mesh.all();
    mesh.remove(target('to-till', {}));
    expect(changed(before, mesh.all())).toEqual(['shop/till-1 inbound', 'shop/v1-1 outbound']);
  });

  it('is found again after turns without a new caller', () => {
    const mesh = new Mesh();
    mesh.all();
    for (const weight of [2, 3, 4]) {
      const generation = weight;
      mesh.change([
        makeTrafficSplit({ apex: 'cart', backends: { v1: weight, v2: 1 }, generation }),
      ]);
      mesh.all();
    }
    mesh.change([
      target('to-v2', { to: 'v2', from: ['shop/web'] }),
      target('job-v2', { to: 'v2', from: ['shop/job'] }),
    ]);
    const { 'shop/web-1': web, 'shop/job-1': job } = mesh.all();
    const v1 = [web!, job!].map((view) =>
      view.outbound.services.find((o) => o.service.name === 'v1'),
    );
    expect(v1[0]).toBe(v1[1]);
  });
});
