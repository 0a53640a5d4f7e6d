import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { MeshConfig } from '../../src/api/gen/mesh-config.ts';
import { kinds } from '../../src/api/kinds.ts';
import { eventually } from './eventually.ts';
import { figure } from './figure.ts';
import { applyManifest, rolledOut, type World } from './test-cluster.ts';

const system = 'weft-system';
const namespace = 'case-h';
const late = 'case-h-late';
const replicas = 'app.kubernetes.io/name=weft-control-plane';

async function meshConfig({ api, signal }: World): Promise<MeshConfig> {
  const ref = { kind: kinds.meshConfig, namespace: system, name: 'osm-mesh-config' };
  const found = await api.get<MeshConfig>(ref, signal);
  if (found === undefined) throw new Error('no MeshConfig');
  return found;
}

/** The condition once it says this, and what kubectl shows then. */
async function untilCondition(world: World, expected: string, withinMs: number): Promise<string> {
  const message = await eventually(expected, withinMs, async () => {
    const { status } = await meshConfig(world);
    return status?.conditions?.find(
      ({ type, status: is, reason }) => `${type}=${is}/${reason}` === expected,
    )?.message;
  });
  const row = await world.kubectl.run('get', 'meshconfig', '-A');
  figure(`case H: ${expected}\n${row}${message}`);
  return message;
}

async function podOf({ kubectl }: World, where: string): Promise<string> {
  const path = '-o=jsonpath={.items[0].metadata.name}';
  return kubectl.run('get', 'pods', '-n', where, path);
}

/** What Ready says of pods, sidecars and replicas that are not as they should be. */
export function caseH(world: () => World): void {
  beforeAll(async () => {
    await untilCondition(world(), 'Ready=True/Ready', 60_000);
    await applyManifest(world(), 'case-h.yaml');
    await rolledOut(world(), namespace, 'deployment/good');
  }, 180_000);

  afterAll(async () => {
    await world().kubectl.run('delete', 'namespace', namespace, late, '--wait=false');
  }, 60_000);

  it('case H: a pod whose sidecar has no bootstrap is stuck, and named', async () => {
    await applyManifest(world(), 'case-h-stuck.yaml');
    const message = await untilCondition(world(), 'Ready=False/SidecarsStuck', 120_000);
    expect(message).toContain(`${namespace}/stuck`);
    expect(message).toContain(`kubectl describe pod -n ${namespace} stuck`);
    await world().kubectl.run('delete', 'pod', '-n', namespace, 'stuck', '--now');
    await untilCondition(world(), 'Ready=True/Ready', 60_000);
  }, 240_000);

  it('case H: a pod without a sidecar is counted and named', async () => {
    await rolledOut(world(), late, 'deployment/late');
    await world().kubectl.run('label', 'namespace', late, 'openservicemesh.io/monitored-by=osm');
    const message = await untilCondition(world(), 'PodsInMesh=False/PodsWithoutSidecar', 60_000);
    expect(message).toContain(await podOf(world(), late));
    await world().kubectl.run('rollout', 'restart', '-n', late, 'deployment');
    await rolledOut(world(), late, 'deployment/late');
    await untilCondition(world(), 'PodsInMesh=True/AllInMesh', 120_000);
  }, 240_000);

  it('case H: a sidecar that is killed is told of', async () => {
    const pod = await podOf(world(), namespace);
    await world().kubectl.run(
      ...['exec', '-n', namespace, pod, '-c', 'good', '--'],
      ...['/usr/local/bin/node', '-e', quit],
    );
    const message = await untilCondition(world(), 'PodsInMesh=True/SidecarsRestarted', 120_000);
    expect(message).toContain(pod);
    await world().kubectl.run('delete', 'pod', '-n', namespace, pod, '--now');
    await untilCondition(world(), 'PodsInMesh=True/AllInMesh', 120_000);
  }, 240_000);

  it('case H: a replica that is killed is missed, and no proxy is counted twice', async () => {
    const before = (await meshConfig(world())).status?.proxies?.expected ?? 0;
    const path = '-o=jsonpath={.items[0].metadata.name}';
    const name = await world().kubectl.run('get', 'pods', '-n', system, '-l', replicas, path);
    await world().kubectl.run('delete', 'pod', '-n', system, name, '--grace-period=0', '--force');
    await untilCondition(world(), 'ControlPlaneAvailable=True/ReplicasMissing', 30_000);
    for (let look = 0; look < 100; look += 1) {
      const { proxies } = (await meshConfig(world())).status ?? {};
      expect(proxies?.connected ?? 0).toBeLessThanOrEqual(before);
      await sleep(100);
    }
    await rolledOut(world(), system, 'deployment/weft-control-plane');
    await untilCondition(world(), 'Ready=True/Ready', 60_000);
  }, 180_000);

  it('case H: when the operator is gone, its heartbeat stands still', async () => {
    const scale = ['scale', '-n', system, 'deployment/weft-operator'];
    await world().kubectl.run(...scale, '--replicas=0');
    await eventually('the operator is gone', 60_000, async () => {
      const selector = 'app.kubernetes.io/name=weft-operator';
      const left = await world().kubectl.run(
        ...['get', 'pods', '-n', system, '-l', selector, '-o', 'name'],
      );
      return left.trim() === '' ? true : undefined;
    });
    const last = (await meshConfig(world())).status?.lastCheckedTime;
    await sleep(125_000);
    expect((await meshConfig(world())).status?.lastCheckedTime).toBe(last);
    figure(`case H: the operator is away\n${await world().kubectl.run('get', 'meshconfig', '-A')}`);
    await world().kubectl.run(...scale, '--replicas=1');
    await eventually('the operator looks again', 60_000, async () =>
      (await meshConfig(world())).status?.lastCheckedTime === last ? undefined : true,
    );
  }, 300_000);
}

/** Asks the sidecar beside it to end, through its admin port on loopback. */
const quit = `fetch('http://127.0.0.1:15000/quitquitquit',{method:'POST'}).then(r=>r.text())`;
