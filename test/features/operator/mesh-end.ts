import { expect, it } from '@jest/globals';
import type { ConfigMap } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { everything, grant, refOf } from '../../support/operator/mesh-objects.ts';
import {
  type OperatorRig,
  getMeshConfig,
  getObject,
  makeRootSecret,
  namespace,
  playControlPlane,
  untilCondition,
} from '../../support/operator/operator-on-api-server.ts';
import { until } from '../../support/time/until.ts';

/** From a mesh that rules beside a second MeshConfig: what its end leaves, whatever came before. */
export function meshEnd(rig: () => OperatorRig): void {
  const deleteMesh = async (): Promise<void> => {
    await rig().kubectl('delete', 'meshconfig', 'osm-mesh-config', '-n', namespace, '--timeout=5s');
    await untilNothingLeft();
  };

  /** Kubernetes' garbage collector takes the grant; there is none here. */
  const playCollector = async (): Promise<void> => {
    await rig().admin.remove(refOf(kinds.role, grant), {}, rig().signal);
  };
  const untilNothingLeft = (): Promise<unknown> =>
    until(async () => (await left()).length === 0, { withinMs: 30_000 });

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
    const fieldSelector = 'metadata.name=weft-bootstrap';
    const all = await rig().admin.list<ConfigMap>(kinds.configMap, { fieldSelector }, rig().signal);
    const bootstraps = all.map(({ metadata }) => `weft-bootstrap in ${metadata.namespace ?? ''}`);
    const names = [...owned, ...(await Promise.all(published)), ...bootstraps];
    return names.filter((name) => name !== '');
  }

  async function makeTraces(mesh: string): Promise<void> {
    const labels = { 'app.kubernetes.io/managed-by': 'weft', 'weft.dev/mesh': mesh };
    const metadata = { name: 'weft-bootstrap', namespace: 'default', labels };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
    await rig().admin.create(kinds.configMap, object, rig().signal);
  }

  it('leaves nothing, and webhooks go first, also when no operator saw the deletion', async () => {
    await makeTraces('osm');
    const from = rig().proxy.asked.length;
    await rig().stopOperator();
    await rig().kubectl('delete', 'meshconfig', 'second', '-n', namespace, '--timeout=10s');
    await rig().kubectl('delete', 'meshconfig', 'osm-mesh-config', '-n', namespace, '--timeout=5s');
    expect(await getMeshConfig(rig())).toBeUndefined();
    await playCollector();
    rig().startOperator();
    await untilNothingLeft();
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
  });

  it('is complete before another MeshConfig, made at once, rules', async () => {
    await rig().kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
    await playControlPlane(rig());
    await untilCondition(rig(), 'Ready=True/Ready');
    const before = await getObject(rig(), kinds.deployment);
    await rig().kubectl('delete', 'meshconfig', 'osm-mesh-config', '-n', namespace, '--timeout=5s');
    await rig().kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
    const value = await until(
      async () => {
        const now = await getObject(rig(), kinds.deployment);
        return now?.metadata.uid !== before?.metadata.uid && now;
      },
      { withinMs: 30_000 },
    );
    expect(value.metadata.name).toBe('weft-control-plane');
    await playControlPlane(rig());
    await untilCondition(rig(), 'Ready=True/Ready');
    await deleteMesh();
  });

  it('leaves a root that a user brought, and never looks at it', async () => {
    await rig().kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
    await rig().admin.create(kinds.secret, makeRootSecret('us'), rig().signal);
    await untilCondition(rig(), 'Ready=False/ControlPlaneNotAvailable');
    await deleteMesh();
    expect(await getObject(rig(), kinds.secret, 'weft-ca')).toBeDefined();
    expect(rig().proxy.asked.filter(({ resource }) => resource === 'secrets')).toEqual([]);
  });
}
