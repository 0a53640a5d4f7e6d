import { expect, it } from '@jest/globals';
import { kinds } from '../../src/api/kinds.ts';
import { figure } from './figure.ts';
import { bothKinds, failuresUnder } from './in-pod.ts';
import { apiPace, kubectlPace, rolledOut, typed, type TestCluster } from './test-cluster.ts';
import { until } from '../support/time/until.ts';
import { letPass } from '../support/time/let-pass.ts';

const url = 'http://bookstore.bookstore.svc.cluster.local:14001/books-bought';
const namespace = 'weft-system';
const awayMs = 60_000;
const selector = 'app.kubernetes.io/name=weft-control-plane';
const operatorSelector = 'app.kubernetes.io/name=weft-operator';

interface Replica {
  readonly name: string;
  /** The metrics page, by series. */
  readonly metrics: ReadonlyMap<string, number>;
}

/** The metrics of the replicas, read with an account that may read them. */
async function replicas(world: TestCluster): Promise<readonly Replica[]> {
  const { kubectl } = world;
  const out = await kubectl.run('get', 'pods', '-n', namespace, '-l', selector, '-o', 'name');
  const names = out
    .trim()
    .split('\n')
    .filter((line) => line !== '');
  const token = await scrapersToken(world);
  return Promise.all(
    names.map(async (line) => {
      const name = line.replace('pod/', '');
      const page = [
        'exec',
        '-n',
        namespace,
        name,
        '--',
        '/usr/local/bin/node',
        '-e',
        readPage,
        token,
      ];
      return { name, metrics: parse(await kubectl.run(...page)) };
    }),
  );
}

/** Reads the metrics page of the pod it runs in, with the bearer token of its first argument. */
const readPage = `
  const headers = { authorization: 'Bearer ' + process.argv[1] };
  const where = { port: 9093, path: '/metrics', rejectUnauthorized: false, headers };
  require('https').get(where, (page) => page.pipe(process.stdout));
`;

const finder = 'prometheus-finds-mesh-pods -n weft-system';
const letScraperFindPods = [
  `kubectl create role ${finder} --verb=get,list,watch --resource=pods`,
  `kubectl create rolebinding ${finder} --role=prometheus-finds-mesh-pods --serviceaccount=monitoring:prometheus`,
];
const bindReader =
  'kubectl create clusterrolebinding prometheus-reads-mesh-metrics --clusterrole=weft-metrics-reader --serviceaccount=monitoring:prometheus';

/** A token of an account that may read metrics, made as docs/monitor-weft.md says. */
async function scrapersToken(world: TestCluster): Promise<string> {
  const { kubectl } = world;
  if (!world.ran.has(bindReader)) {
    await kubectl.run('create', 'namespace', 'monitoring');
    await kubectl.run('create', 'serviceaccount', 'prometheus', '-n', 'monitoring');
    await typed(world, bindReader);
    for (const command of letScraperFindPods) await typed(world, command);
  }
  return (await kubectl.run('create', 'token', 'prometheus', '-n', 'monitoring')).trim();
}

function parse(page: string): ReadonlyMap<string, number> {
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** A series of all replicas together, by label value. */
function sum(all: readonly Replica[], series: string): Readonly<Record<string, number>> {
  const total: Record<string, number> = {};
  for (const { metrics } of all)
    for (const [key, value] of metrics) {
      const label = new RegExp(`^${series}\\{.*"(.*)"\\}$`).exec(key)?.[1];
      if (label !== undefined) total[label] = (total[label] ?? 0) + value;
      if (key === series) total['all'] = (total['all'] ?? 0) + value;
    }
  return total;
}

async function pods({ kubectl }: TestCluster, label = selector): Promise<readonly string[]> {
  const out = await kubectl.run('get', 'pods', '-n', namespace, '-l', label, '-o', 'name');
  return out.split('\n').filter((line) => line !== '');
}

/** Scales to none, and waits until the last pod is gone. */
async function scaleAway(world: TestCluster, deployment: string, label: string): Promise<void> {
  await scale(world, deployment, 0);
  await until(async () => (await pods(world, label)).length === 0, {
    what: `no pod of ${deployment} runs`,
    withinMs: 60_000,
    ...kubectlPace,
  });
}

/** Waits until every sidecar is connected and in step again; gives the replicas' metrics then. */
async function reconnected(world: TestCluster, sidecars: number): Promise<readonly Replica[]> {
  await rolledOut(world, namespace, 'deployment/weft-control-plane');
  return until(
    async () => {
      const all = await replicas(world);
      const synced = sum(all, 'weft_proxies_synced')['all'] ?? 0;
      return all.length === 2 && synced === sidecars ? all : undefined;
    },
    { what: 'all proxies are back', withinMs: 60_000, ...kubectlPace },
  );
}

async function sidecarsOf(world: TestCluster): Promise<number> {
  return sum(await replicas(world), 'weft_proxies_connected')['all'] ?? 0;
}

async function scale(world: TestCluster, deployment: string, count: number): Promise<void> {
  const args = ['-n', namespace, `deployment/${deployment}`, `--replicas=${count}`];
  await world.kubectl.run('scale', ...args);
}

/** The control plane lost and found, under steady load. */
export function controlPlaneAway(world: () => TestCluster): void {
  it('killed, all replicas at once: no request fails', async () => {
    const sidecars = await sidecarsOf(world());
    const failures = await failuresUnder(world(), 'control plane killed', {
      plans: bothKinds(url),
      work: async () => {
        const kill = ['pods', '-n', namespace, '-l', selector, '--grace-period=0', '--force'];
        await world().kubectl.run('delete', ...kill);
        await reconnected(world(), sidecars);
      },
    });
    expect(failures).toEqual([]);
  }, 180_000);

  it('away for a minute, and the operator with it: no request fails, and nothing is sent twice', async () => {
    const sidecars = await sidecarsOf(world());
    let back: readonly Replica[] = [];
    const failures = await failuresUnder(world(), `control plane away for ${awayMs / 1000} s`, {
      plans: bothKinds(url),
      work: async () => {
        try {
          // An operator that still ends would bring the control plane back.
          await scaleAway(world(), 'weft-operator', operatorSelector);
          await scaleAway(world(), 'weft-control-plane', selector);
          await letPass(awayMs, 'the proxies do without it');
        } finally {
          await scale(world(), 'weft-operator', 1);
        }
        const deployment = { kind: kinds.deployment, namespace, name: 'weft-control-plane' };
        await until(
          async () => {
            const live = await world().api.get(deployment, world().signal);
            const { spec } = live as unknown as { spec: { replicas: number } };
            return spec.replicas === 2;
          },
          { what: 'the operator restores the replicas', withinMs: 60_000, ...apiPace },
        );
        back = await reconnected(world(), sidecars);
      },
    });
    const bytes = sum(back, 'weft_xds_response_bytes_total');
    const config = Object.entries(bytes).filter(([type]) => type !== 'secret');
    figure(
      `sent to ${sidecars} proxies that came back, in bytes: ${Object.entries(bytes)
        .map(([type, count]) => `${type} ${count}`)
        .join(', ')}`,
    );
    expect(failures).toEqual([]);
    expect(config.filter(([, count]) => count > 0)).toEqual([]);
  }, 300_000);
}
