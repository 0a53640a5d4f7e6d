import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesObject } from '../../src/api/core.ts';
import { kinds } from '../../src/api/kinds.ts';
import type { ApiConnection } from '../../src/kubernetes/connect.ts';
import type { Kubectl } from '../../tools/demo/kubectl.ts';
import { type LoadKind, type LoadPlan, podPorts, ratesFor } from './in-pod/plan.ts';
import type { Report, Second } from './in-pod/report.ts';
import type { Failure, Totals } from './in-pod/tally.ts';

/** The cluster that the load is put on; its mesh is called `osm`. */
export interface LoadPlace {
  readonly kubectl: Kubectl;
  readonly api: ApiConnection;
}

export type LoadTotals = Readonly<Partial<Record<LoadKind, Totals>>>;

/** Traffic that goes on in the cluster, whatever becomes of this process. */
export interface Load {
  /** The client's pod. */
  readonly pod: string;
  /** The counts of the last seconds, oldest first; of all of them by default. */
  readonly seconds: (last?: number) => Promise<readonly Second[]>;
  /** The first failures of each kind. */
  readonly failures: () => Promise<readonly (Failure & { readonly kind: LoadKind })[]>;
  /** Sends no more, waits for what is under way and gives the totals. */
  readonly stop: () => Promise<LoadTotals>;
}

export interface LoadWishes {
  /** Exchanges a second in all; 500 by default. */
  readonly rate?: number;
  /** An exchange that takes longer has failed; 15 s by default, for machines that are short of time. */
  readonly timeoutMs?: number;
}

const namespace = 'load';
const container = 'client';
const patienceMs = 90_000;

/** Puts the server into the mesh, with policies for the client, and waits until it runs. */
export async function prepareLoad({ kubectl }: LoadPlace): Promise<void> {
  const room = {
    kind: 'Namespace',
    metadata: {
      name: namespace,
      labels: { 'openservicemesh.io/monitored-by': 'osm' },
      annotations: { 'openservicemesh.io/sidecar-injection': 'enabled' },
    },
  };
  const data = await programs();
  const programMap = { kind: 'ConfigMap', metadata: { name: 'programs', namespace }, data };
  const items = [room, programMap].map((object) => ({ apiVersion: 'v1', ...object }));
  await kubectl.applyText(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  const manifest = join(import.meta.dirname, 'manifests/load.yaml');
  await kubectl.applyText(await readFile(manifest, 'utf8'));
  const rollout = ['rollout', 'status', '-n', namespace, 'deployment/server', '--timeout=120s'];
  await kubectl.run(...rollout);
}

/** The files of `in-pod/` as they are: the Node of the demo image takes TypeScript. */
async function programs(): Promise<Readonly<Record<string, string>>> {
  const folder = join(import.meta.dirname, 'in-pod');
  const files = (await readdir(folder)).filter((name) => !name.endsWith('.test.ts'));
  const entries = files.map(
    async (name) => [name, await readFile(join(folder, name), 'utf8')] as const,
  );
  return { 'package.json': '{"type":"module"}', ...Object.fromEntries(await Promise.all(entries)) };
}

/** Starts the traffic from a pod of its own; resolves once every kind of it works. */
export async function startLoad(place: LoadPlace, wishes: LoadWishes = {}): Promise<Load> {
  const { rate = 500, timeoutMs = 15_000 } = wishes;
  const host = `server.${namespace}.svc.cluster.local`;
  const plan = { host, ports: podPorts, rates: ratesFor(rate), timeoutMs, seconds: 0 };
  const pod = `client-${Date.now().toString(36)}`;
  await place.kubectl.applyText(JSON.stringify(clientPod(pod, plan)));
  const log = (tail: number): Promise<readonly Report[]> => readLog(place, pod, tail);
  await untilBegun(place, pod);
  return {
    pod,
    // Lines of failures stand between those of seconds, so one may ask for too few; never for none.
    seconds: async (last = -1) => {
      const reports = await log(last < 0 ? -1 : last + 20);
      const seconds = reports.flatMap((report) => ('second' in report ? [report.second] : []));
      return last < 0 ? seconds : seconds.slice(-last);
    },
    failures: async () =>
      (await log(-1)).flatMap((report) => ('failure' in report ? [report.failure] : [])),
    stop: async () => {
      const signal = ['/usr/local/bin/node', '-e', 'process.kill(1, "SIGTERM")'];
      await place.kubectl.run('exec', '-n', namespace, pod, '-c', container, '--', ...signal);
      await untilEnded(place, pod);
      const totals = (await log(5)).find((report) => 'totals' in report);
      if (totals === undefined) throw new Error(`the load's client ended without totals: ${pod}`);
      return totals.totals;
    },
  };
}

function clientPod(name: string, plan: LoadPlan): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: 'client' } },
    spec: {
      serviceAccountName: 'client',
      restartPolicy: 'Never',
      containers: [
        {
          name: container,
          image: 'weft.dev/demo:0.1.0',
          command: ['/usr/local/bin/node', '/srv/client.ts', JSON.stringify(plan)],
          // Without a request a pod gets next to nothing of a busy node.
          resources: { requests: { cpu: '200m' } },
          volumeMounts: [{ name: 'programs', mountPath: '/srv' }],
        },
      ],
      volumes: [{ name: 'programs', configMap: { name: 'programs' } }],
    },
  };
}

async function readLog(
  { kubectl }: LoadPlace,
  pod: string,
  tail: number,
): Promise<readonly Report[]> {
  const args = ['-n', namespace, pod, '-c', container, `--tail=${String(tail)}`];
  const lines = (await kubectl.run('logs', ...args)).split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Report);
}

interface PodStatus extends KubernetesObject {
  readonly status?: {
    readonly containerStatuses?: readonly {
      readonly state?: { readonly running?: object; readonly terminated?: object };
    }[];
  };
}

async function stateOf({ api }: LoadPlace, pod: string): Promise<'waiting' | 'running' | 'ended'> {
  const ref = { kind: kinds.pod, namespace, name: pod };
  const found = await api.get<PodStatus>(ref, AbortSignal.timeout(10_000));
  const { running, terminated } = found?.status?.containerStatuses?.[0]?.state ?? {};
  if (terminated !== undefined) return 'ended';
  return running === undefined ? 'waiting' : 'running';
}

async function untilBegun(place: LoadPlace, pod: string): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const state = await stateOf(place, pod);
    const reports = state === 'waiting' ? [] : await readLog(place, pod, -1);
    if (reports.some((report) => 'begun' in report)) return;
    const problem = reports.find((report) => 'problem' in report)?.problem;
    if (state === 'ended' || Date.now() > deadline)
      throw new Error(`the load did not begin in pod ${pod}: ${problem ?? state}`);
    await sleep(200);
  }
}

async function untilEnded(place: LoadPlace, pod: string): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while ((await stateOf(place, pod)) !== 'ended') {
    if (Date.now() > deadline) throw new Error(`the load's client does not end: ${pod}`);
    await sleep(100);
  }
}
