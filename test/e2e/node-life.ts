import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import type { Container, Pod as PodObject } from '../../src/api/core.ts';
import { figure } from './figure.ts';
import { openRoom } from './guests.ts';
import { rolledOut, setTraffic, kubectlPace, type TestCluster } from './test-cluster.ts';
import { inTurn, turnMs } from './turns.ts';
import { until } from '../support/time/until.ts';

/** More than twice what one user's share of inotify instances gave room for. */
const crowd = 64;

async function podsOf(
  { kubectl }: TestCluster,
  namespace: string,
  app: string,
): Promise<PodObject[]> {
  const args = ['pods', '-n', namespace, '-l', `app=${app}`, '-o', 'json'];
  return (JSON.parse(await kubectl.run('get', ...args)) as { items: PodObject[] }).items;
}

/** Waits for a Deployment of a room that `openRoom` made, and gives its only pod. */
async function podOf(world: TestCluster, namespace: string, app: string): Promise<PodObject> {
  await rolledOut(world, namespace, `deployment/${app}`);
  const [pod, ...others] = await podsOf(world, namespace, app);
  expect(others).toEqual([]);
  return pod!;
}

const names = (containers: readonly Container[] = []): string[] =>
  containers.map(({ name }) => name);

/** What depends on the kubelet and the node: hooks, DNS settings, other webhooks, and how many pods fit. */
export function nodeLife(world: () => TestCluster): void {
  it('case 19: lifecycle hooks over HTTP reach the application once each', async () => {
    await openRoom(world(), 'hooks');
    const { metadata } = await podOf(world(), 'hooks', 'hooked');
    const logs = ['logs', '-n', 'hooks', `pod/${metadata.name}`, '-c', 'app'];
    await until(() => world().kubectl.run(...logs), {
      holds: (text) => text.includes('GET /started'),
      what: 'postStart to arrive',
      withinMs: 30_000,
      ...kubectlPace,
    });
    const following = world().kubectl.run(...logs, '-f');
    await world().kubectl.run('delete', 'pod', '-n', 'hooks', metadata.name);
    const lines = (await following).split('\n').filter((line) => /GET \/st/.test(line));
    expect(lines).toEqual(['GET /started', 'GET /stopping']);
    const events = await world().kubectl.run('get', 'events', '-n', 'hooks', '-o', 'name');
    expect(events).not.toMatch(/Failed(PostStart|PreStop)Hook/);
    figure('case 19: postStart and preStop by HTTP arrived, once each');
  }, 180_000);

  it('case 23: pods with DNS settings of their own are configured and served', async () => {
    await openRoom(world(), 'own-dns');
    await rolledOut(world(), 'own-dns', 'deployment/web');
    // No policy is about these pods: it is their way to the control plane that counts here.
    await setTraffic(world(), { enablePermissiveTrafficPolicyMode: true });
    for (const app of ['no-resolver', 'node-resolver']) {
      await podOf(world(), 'own-dns', app);
      const service = ['service', 'web', '-n', 'own-dns', '-o=jsonpath={.spec.clusterIP}'];
      const url = `http://${await world().kubectl.run('get', ...service)}:8080/`;
      const program = `fetch('${url}', {headers: {host: 'web.own-dns'}}).then((r) => console.log(r.status))`;
      const inside = ['exec', '-n', 'own-dns', `deployment/${app}`, '-c', 'app', '--'];
      const node = '/usr/local/bin/node';
      await until(
        async () => {
          const out = await world()
            .kubectl.run(...inside, node, '-e', program)
            .catch(() => '');
          return out.includes('200');
        },
        { what: `${app} is served`, withinMs: 30_000, ...kubectlPace },
      );
    }
    await setTraffic(world(), { enablePermissiveTrafficPolicyMode: false });
    figure('case 23: dnsPolicy None and Default, both served through the mesh');
  }, 180_000);

  it('case 20: the injector is asked again when a later webhook changed a pod', async () => {
    const configurations = ['mutatingwebhookconfiguration', '-o', 'json'];
    const { items } = JSON.parse(await world().kubectl.run('get', ...configurations)) as {
      items: { webhooks: { name: string; reinvocationPolicy: string }[] }[];
    };
    const ours = items.flatMap(({ webhooks }) => webhooks);
    expect(ours.find(({ name }) => name === 'inject.weft.dev')).toMatchObject({
      reinvocationPolicy: 'IfNeeded',
    });
    // What the API server sends then: a pod that is injected, and has a container more.
    const once = await podOf(world(), 'own-dns', 'web');
    const late = {
      ...once.spec.containers[0],
      name: 'late',
      command: ['/usr/local/bin/node', '-e'],
    };
    const serve = "require('http').createServer((q, r) => r.end()).listen(8099)";
    const probe = { httpGet: { path: '/ok', port: 8099 }, periodSeconds: 2 };
    const name = `late-${randomUUID().slice(0, 8)}`;
    const { labels, annotations } = once.metadata;
    const spec = {
      ...once.spec,
      nodeName: undefined,
      containers: [
        ...once.spec.containers,
        { ...late, args: [serve], readinessProbe: probe, livenessProbe: undefined },
      ],
    };
    const metadata = {
      name,
      namespace: 'own-dns',
      labels: { ...labels, app: 'late' },
      annotations,
    };
    await world().kubectl.applyText(
      JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec }),
    );
    const wait = ['--for=condition=Ready', `pod/${name}`, '-n', 'own-dns', '--timeout=90s'];
    await world().kubectl.run('wait', ...wait);
    const [pod] = await podsOf(world(), 'own-dns', 'late');
    expect(names(pod?.spec.initContainers)).toEqual(['weft-init', 'envoy']);
    expect(pod?.spec.containers.at(-1)?.readinessProbe?.httpGet?.port).toBe(15_902);
    figure('case 20: the probe of a container that came later is led, and works');
  }, 180_000);

  it(
    `a node carries ${String(crowd)} sidecars with Linux' default settings: N`,
    async () => {
      const seconds = await inTurn(() => gather(world()));
      const pods = await podsOf(world(), 'crowd', 'crowd');
      const restarts = pods.flatMap(({ status }) => restartsOf(status));
      expect(pods).toHaveLength(crowd);
      expect(Math.max(...restarts)).toBe(0);
      figure(
        `N: ${String(crowd)} sidecars on one node Ready at once after ${seconds} s, no restart`,
      );
      await world().kubectl.run('delete', 'namespace', 'crowd', '--wait=false');
    },
    600_000 + turnMs,
  );
}

/** Starts the crowd; gives the seconds until every pod of it is ready. */
async function gather(world: TestCluster): Promise<string> {
  const began = Date.now();
  await openRoom(world, 'crowd');
  const status = ['status', '-n', 'crowd', 'deployment/crowd', '--timeout=480s'];
  await world.kubectl.run('rollout', ...status);
  return ((Date.now() - began) / 1000).toFixed(0);
}

function restartsOf(status: unknown): readonly number[] {
  const { initContainerStatuses = [] } = (status ?? {}) as {
    initContainerStatuses?: readonly { readonly restartCount: number }[];
  };
  return initContainerStatuses.map(({ restartCount }) => restartCount);
}
