import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { type ApiConnection, connect } from '../../src/kubernetes/connect.ts';
import { run } from '../../tools/base/command.ts';
import { type Place, placeOf } from '../../tools/cluster/place.ts';
import { type Kubectl, kubectlFor } from '../../tools/demo/kubectl.ts';
import { repository } from '../../tools/images/bundle.ts';

/** Each test file has a cluster, so that the files run side by side; other clusters on the machine are left alone. */
export const clusterNames = ['e2e-life', 'e2e-switches', 'e2e-removal'] as const;
export type ClusterName = (typeof clusterNames)[number];

/** The pace of `until` when each look starts kubectl, which uses a processor for a tenth of a second. */
export const kubectlPace = { pauseMs: 400 };

/** The pace of `until` when each look asks the API server, and the test measures no time. */
export const apiPace = { pauseMs: 200 };

/** What the scenarios act on. */
export interface TestCluster {
  readonly place: Place;
  readonly kubectl: Kubectl;
  /** The API server without kubectl's start-up time in between. */
  readonly api: ApiConnection;
  readonly signal: AbortSignal;
  /** Commands that `typed` ran, as docs-commands.ts writes them. */
  readonly ran: Set<string>;
  close(): Promise<void>;
}

/** Connects to a test file's cluster, which must be up. */
export async function openTestCluster(name: ClusterName): Promise<TestCluster> {
  const place = placeOf(name);
  const api = await connect({ kubeconfig: place.kubeconfig });
  const stop = new AbortController();
  return {
    place,
    kubectl: await kubectlFor(place.kubeconfig),
    api,
    signal: stop.signal,
    ran: new Set(),
    close: async () => {
      stop.abort();
      await api.close();
    },
  };
}

/** What a reader's shell has set: kubectl at hand, and the test file's cluster as the current cluster. */
export function environment(world: TestCluster, command: string): Readonly<Record<string, string>> {
  const { binary, kubeconfig } = world.kubectl;
  const PATH = `${dirname(binary)}${delimiter}${process.env['PATH'] ?? ''}`;
  // With a KUBECONFIG `make demo` would take that cluster and boot none.
  const KUBECONFIG = command.startsWith('make ') ? '' : kubeconfig;
  return { PATH, KUBECONFIG, WEFT_CLUSTER: world.place.name };
}

/** Runs a command line just as a reader of the docs would type it, at the top of the work tree. */
export async function typed(world: TestCluster, command: string): Promise<string> {
  const env = environment(world, command);
  const out = await run('bash', ['-euo', 'pipefail', '-c', command], { cwd: repository, env });
  world.ran.add(command);
  return out;
}

/** Applies a file of test/e2e/manifests. */
export async function applyManifest(world: TestCluster, name: string): Promise<void> {
  const file = join(import.meta.dirname, 'manifests', name);
  await world.kubectl.applyText(await readFile(file, 'utf8'));
}

/** Waits until a rollout is complete. `target` as in `kubectl rollout status -n NAMESPACE TARGET`. */
export async function rolledOut(
  world: TestCluster,
  namespace: string,
  target: string,
): Promise<void> {
  await world.kubectl.run('rollout', 'status', '-n', namespace, target, '--timeout=120s');
}

/** Switches a field below `spec.traffic` of the MeshConfig. */
export async function setTraffic(
  world: TestCluster,
  traffic: Readonly<Record<string, boolean>>,
): Promise<void> {
  const patch = JSON.stringify({ spec: { traffic } });
  const args = ['osm-mesh-config', '-n', 'weft-system', '--type=merge', '-p', patch];
  await world.kubectl.run('patch', 'meshconfig', ...args);
}
