import { expect, it } from '@jest/globals';
import type { ConfigMap } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { everything, injector, refOf } from './mesh-objects.ts';
import {
  type Rig,
  getMeshConfig,
  getObject,
  makeRootSecret,
  namespace,
  playControlPlane,
  until,
  untilCondition,
} from './rig.ts';

/** From a mesh that rules beside a second MeshConfig: what its end leaves, whatever came before. */
export function meshEnd(rig: () => Rig): void {
  const deleteMesh = (): Promise<string> =>
    rig().kubectl('delete', 'meshconfig', 'osm-mesh-config', '-n', namespace, '--timeout=30s');

  /** What is left of a mesh, in words. */
  async function left(): Promise<string[]> {
    const owned = await Promise.all(
      everything.map(async ([kind, name]) =>
        (await getObject(rig(), kind, name)) ? kind.kind : '',
      ),
    );
    const published = ['weft-ca-bundle', 'weft-proxies'].map(async (name) =>
      (await getObject(rig(), kinds.configMap, name)) ? name : '',
    );
    const secret = (await getObject(rig(), kinds.secret, 'weft-ca')) ? 'weft-ca' : '';
    const fieldSelector = 'metadata.name=weft-bootstrap';
    const all = await rig().admin.list<ConfigMap>(kinds.configMap, { fieldSelector }, rig().signal);
    const bootstraps = all.map(({ metadata }) => `weft-bootstrap in ${metadata.namespace ?? ''}`);
    const names = [...owned, ...(await Promise.all(published)), secret, ...bootstraps];
    return names.filter((name) => name !== '');
  }

  async function makeTraces(mesh: string): Promise<void> {
    const labels = { 'app.kubernetes.io/managed-by': 'weft', 'weft.dev/mesh': mesh };
    const metadata = { name: 'weft-bootstrap', namespace: 'default', labels };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
    await rig().admin.create(kinds.configMap, object, rig().signal);
    await rig().admin.create(kinds.secret, makeRootSecret('weft'), rig().signal);
  }

  it('leaves nothing, and webhooks go first', async () => {
    await makeTraces('osm');
    const from = rig().proxy.asked.length;
    await rig().stopOperator();
    await rig().kubectl('delete', 'meshconfig', 'osm-mesh-config', '-n', namespace, '--wait=false');
    await rig().kubectl('delete', 'meshconfig', 'second', '-n', namespace, '--timeout=10s');
    expect((await getMeshConfig(rig()))?.metadata.deletionTimestamp).toBeDefined();
    rig().startOperator();
    await until(async () => (await getMeshConfig(rig())) === undefined, 30_000);
    expect(await left()).toEqual([]);
    const removed = rig()
      .proxy.asked.slice(from)
      .filter(({ verb }) => verb === 'delete');
    expect(removed.slice(0, 2).map(({ group }) => group)).toEqual([
      'admissionregistration.k8s.io',
      'admissionregistration.k8s.io',
    ]);
  });

  it('comes also when the control plane never was available', async () => {
    await rig().kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
    await untilCondition(rig(), 'Ready=False/ControlPlaneNotAvailable');
    await deleteMesh();
    expect(await left()).toEqual([]);
  });

  it('comes also when somebody took the finalizer away: no webhook stays that nobody answers', async () => {
    await rig().kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
    await playControlPlane(rig());
    await untilCondition(rig(), 'Ready=True/Ready');
    await rig().stopOperator();
    const ref = refOf(kinds.meshConfig, 'osm-mesh-config');
    const value = { metadata: { finalizers: null } };
    await rig().admin.merge(ref, { value }, rig().signal);
    await rig().admin.remove(ref, {}, rig().signal);
    rig().startOperator();
    await until(async () => {
      const there = await getObject(rig(), kinds.mutatingWebhookConfiguration, injector);
      return there === undefined;
    });
  });

  it('leaves a root that a user brought', async () => {
    await until(async () => (await getObject(rig(), kinds.deployment)) === undefined);
    await rig().kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
    await rig().admin.create(kinds.secret, makeRootSecret('us'), rig().signal);
    await untilCondition(rig(), 'Ready=False/ControlPlaneNotAvailable');
    await deleteMesh();
    expect(await getObject(rig(), kinds.secret, 'weft-ca')).toBeDefined();
  });
}
