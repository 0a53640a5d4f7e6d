import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Daemon, recordedDaemon, startDaemon, untilReady } from '../base/daemon.ts';
import { answers, freePort } from '../base/probe.ts';
import { endProcesses, identify, isRunning } from '../base/process-identity.ts';
import {
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
} from '../cluster/control-plane.ts';
import { writeKeys, writeKubeconfig } from '../cluster/keys.ts';
import { kubeBinary } from '../parts/kube.ts';

/** A real Kubernetes API on loopback, with nothing behind it: no node, no scheduler. */
export interface ApiServer {
  /** A kubeconfig whose user may do everything. */
  readonly kubeconfigPath: string;
  readonly url: string;
  readonly caFile: string;
  /** A bearer token that may do everything. */
  readonly adminToken: string;
  /** Stops it and removes every trace; may be called twice. */
  readonly stop: () => Promise<void>;
}

export interface ApiServerOptions {
  /**
   * Controllers of kube-controller-manager to run as well, such as `namespace-controller` or
   * `garbage-collector-controller`.
   */
  readonly controllers?: readonly string[];
  /** Aborting it stops the server. */
  readonly signal?: AbortSignal;
}

const root = join(tmpdir(), 'weft-test-apiserver');

/** Starts etcd and kube-apiserver on free ports (about 5 s); first removes the remains of killed runs. */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const kube = await kubeBinary();
  await clearLeftovers();
  await mkdir(root, { recursive: true });
  const directory = await mkdtemp(
    join(root, `${String(process.pid)}-${identify(process.pid)?.startTime ?? ''}-`),
  );
  const stop = (): Promise<void> => clear(directory);
  try {
    const server = await boot(kube, directory, options.controllers ?? []);
    options.signal?.addEventListener('abort', () => void stop(), { once: true });
    return { ...server, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function boot(
  kube: string,
  directory: string,
  controllers: readonly string[],
): Promise<Omit<ApiServer, 'stop'>> {
  const [port, clientPort, peerPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const etcdUrl = `http://127.0.0.1:${String(clientPort)}`;
  const keys = join(directory, 'keys');
  const authority = await writeKeys(keys, []);
  const adminToken = randomBytes(24).toString('hex');
  await writeFile(
    join(keys, 'tokens.csv'),
    `${adminToken},admin-token,admin-token,"system:masters"\n`,
    { mode: 0o600 },
  );
  const start = (args: readonly string[]): Promise<Daemon> => startPart(kube, directory, args);

  const etcd = await start(
    etcdArguments({
      dataDirectory: join(directory, 'etcd'),
      clientUrl: etcdUrl,
      peerUrl: `http://127.0.0.1:${String(peerPort)}`,
    }),
  );
  await untilReady(etcd, () => answers(`${etcdUrl}/health`), 20_000);
  const plan = { keys, etcdUrl, bindAddress: '127.0.0.1', port };
  const apiServer = await start([
    ...apiServerArguments(plan),
    `--token-auth-file=${join(keys, 'tokens.csv')}`,
  ]);
  const url = `https://127.0.0.1:${String(port)}`;
  const kubeconfigPath = join(directory, 'kubeconfig');
  await writeKubeconfig(kubeconfigPath, url, {
    authority,
    request: { commonName: 'admin', organization: 'system:masters' },
    cluster: 'weft-test',
  });
  await untilReady(apiServer, () => answers(`${url}/readyz`, authority.certificate), 60_000);
  if (controllers.length > 0) await startControllers(start, { keys, kubeconfigPath, controllers });
  return { kubeconfigPath, url, caFile: join(keys, 'ca.crt'), adminToken };
}

async function startControllers(
  start: (args: readonly string[]) => Promise<Daemon>,
  plan: { keys: string; kubeconfigPath: string; controllers: readonly string[] },
): Promise<void> {
  const port = await freePort();
  const daemon = await start([
    ...controllerManagerArguments(plan.keys, plan.kubeconfigPath, plan.controllers),
    `--secure-port=${String(port)}`,
    `--cert-dir=${join(plan.keys, 'controller-manager')}`,
  ]);
  const ca = (): Promise<string> =>
    readFile(join(plan.keys, 'controller-manager', 'kube-controller-manager.crt'), 'utf8').catch(
      () => '',
    );
  await untilReady(
    daemon,
    async () => answers(`https://localhost:${String(port)}/healthz`, await ca()),
    30_000,
  );
}

/** Starts a program that always ends with this process. */
function startPart(kube: string, directory: string, args: readonly string[]): Promise<Daemon> {
  const name = args[0] ?? '';
  return startDaemon({
    name,
    command: ['setpriv', '--pdeathsig', 'KILL', kube, ...args],
    log: join(directory, 'logs', `${name}.log`),
    record: join(directory, 'processes', `${name}.json`),
  });
}

/** Each run's folder is named for the process that owns it. */
async function clearLeftovers(): Promise<void> {
  const runs = await readdir(root).catch(() => []);
  for (const run of runs) {
    const [pid, startTime = ''] = run.split('-');
    if (!isRunning({ pid: Number(pid), startTime })) await clear(join(root, run));
  }
}

async function clear(directory: string): Promise<void> {
  const records = await readdir(join(directory, 'processes')).catch(() => []);
  const daemons = await Promise.all(
    records.map((name) => recordedDaemon(join(directory, 'processes', name))),
  );
  await endProcesses(
    daemons.filter((daemon) => daemon !== undefined),
    300,
  );
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
}
