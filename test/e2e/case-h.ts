import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { MeshConfig } from '../../src/api/gen/mesh-config.ts';
import { kinds } from '../../src/api/kinds.ts';
import { figure } from './figure.ts';
import {
  apiPace,
  applyManifest,
  kubectlPace,
  rolledOut,
  type TestCluster,
} from './test-cluster.ts';
import { until } from '../support/time/until.ts';
import { letPass } from '../support/time/let-pass.ts';
import { staysTrueFor } from '../support/time/stays-true-for.ts';

const system = 'weft-system';
const namespace = 'case-h';
const late = 'case-h-late';
const replicas = 'app.kubernetes.io/name=weft-control-plane';

async function meshConfig({ api, signal }: TestCluster): Promise<MeshConfig> {
  const ref = { kind: kinds.meshConfig, namespace: system, name: 'osm-mesh-config' };
  const found = await api.get<MeshConfig>(ref, signal);
  if (found === undefined) throw new Error('no MeshConfig');
  return found;
}

/** The condition once it says this, and what kubectl shows then. */
async function untilCondition(
  world: TestCluster,
  expected: string,
  withinMs: number,
): Promise<string> {
  const message = await until(
    async () => {
      const { status } = await meshConfig(world);
      return status?.conditions?.find(
        ({ type, status: is, reason }) => `${type}=${is}/${reason}` === expected,
      )?.message;
    },
    { what: expected, withinMs, ...apiPace },
  );
  const row = await world.kubectl.run('get', 'meshconfig', '-A');
  figure(`case H: ${expected}\n${row}${message}`);
  return message;
}

async function podOf({ kubectl }: TestCluster, where: string): Promise<string> {
  const path = '-o=jsonpath={.items[0].metadata.name}';
  return kubectl.run('get', 'pods', '-n', where, path);
}

/** What Ready says of pods, sidecars and replicas that are not as they should be. */
export function caseH(world: () => TestCluster): void {
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

  it('case H: a sidecar that is killed is reported', async () => {
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
    await staysTrueFor(10_000, 'no proxy that is counted twice', async () => {
      const { proxies } = (await meshConfig(world())).status ?? {};
      return (proxies?.connected ?? 0) <= before;
    });
    await rolledOut(world(), system, 'deployment/weft-control-plane');
    await untilCondition(world(), 'Ready=True/Ready', 60_000);
  }, 180_000);
}

let away: { readonly since: number; readonly lastChecked: string | undefined } | undefined;

async function scaleOperator({ kubectl }: TestCluster, replicas: number): Promise<void> {
  const args = ['-n', system, 'deployment/weft-operator', `--replicas=${String(replicas)}`];
  await kubectl.run('scale', ...args);
}

/** Scales the operator away; `heartbeat` puts it back. */
export function operatorAway(world: () => TestCluster): void {
  it('case H: the operator is scaled away', async () => {
    away = undefined;
    await scaleOperator(world(), 0);
    await until(
      async () => {
        const selector = 'app.kubernetes.io/name=weft-operator';
        const left = await world().kubectl.run(
          ...['get', 'pods', '-n', system, '-l', selector, '-o', 'name'],
        );
        return left.trim() === '';
      },
      { what: 'the operator is gone', withinMs: 60_000, ...kubectlPace },
    );
    away = {
      since: Date.now(),
      lastChecked: (await meshConfig(world())).status?.lastCheckedTime,
    };
    expect(away.lastChecked).toBeDefined();
  }, 90_000);
}

/** Longer than the operator's heartbeat, twice. */
const heartbeatMs = 125_000;

/** After `operatorAway`, and other parts that need no operator. */
export function heartbeat(world: () => TestCluster): void {
  it('case H: when the operator is gone, its heartbeat stands still', async () => {
    try {
      if (away === undefined) throw new Error('the operator was not away');
      const { since, lastChecked } = away;
      await letPass(
        Math.max(0, since + heartbeatMs - Date.now()),
        'the heartbeat of two minutes would have come',
      );
      expect((await meshConfig(world())).status?.lastCheckedTime).toBe(lastChecked);
      const row = await world().kubectl.run('get', 'meshconfig', '-A');
      figure(`case H: the operator is away\n${row}`);
    } finally {
      await scaleOperator(world(), 1);
    }
    await until(
      async () => (await meshConfig(world())).status?.lastCheckedTime !== away?.lastChecked,
      { what: 'the operator looks again', withinMs: 60_000, ...apiPace },
    );
  }, 300_000);
}

/** Asks the sidecar beside it to end, through its admin port on loopback. */
const quit = `fetch('http://127.0.0.1:15000/quitquitquit',{method:'POST'}).then(r=>r.text())`;
