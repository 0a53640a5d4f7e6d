import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serviceAccountFolder } from '../../src/kubernetes/in-cluster.ts';
import { bootstrapFileNames } from '../../src/envoy/bootstrap.ts';
import { controlPlaneName } from '../../src/api/control-plane-names.ts';
import { bundle, repository } from '../../tools/images/bundle.ts';
import { answers, freePort } from '../../tools/base/probe.ts';
import type { ApiServer } from '../../tools/real/api-server.ts';
import type { LoadTarget } from './load-proxy.ts';
import { type BenchMesh, meshNamespace } from './bench-mesh.ts';

export interface ControlPlane {
  readonly pid: number;
  readonly target: LoadTarget;
  readonly stop: () => Promise<void>;
}

const clusterDomain = 'cluster.local';

/** The control plane as users run it, in a process of its own; resolves when it is ready. */
export async function startControlPlane(
  server: ApiServer,
  world: BenchMesh,
  logFolder: string,
): Promise<ControlPlane> {
  const free = Array.from({ length: 5 }, () => freePort());
  const [xds = 0, replicas = 0, webhook = 0, health = 0, metrics = 0] = await Promise.all(free);
  await mkdir(logFolder, { recursive: true });
  // As in the image: one file, no type stripping.
  const program = 'out/bench/weft.mjs';
  await bundle('src/main.ts', program);
  const image = await imageSettings();
  const child = spawn(
    'unshare',
    [
      ...(await asInPod(server, logFolder)),
      process.execPath,
      ...image.flags,
      join(repository, program),
      'control-plane',
      `--namespace=${meshNamespace}`,
      `--cluster-domain=${clusterDomain}`,
      `--xds-port=${xds}`,
      `--replica-port=${replicas}`,
      `--webhook-port=${webhook}`,
      `--health-port=${health}`,
      `--metrics-port=${metrics}`,
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        ...image.environment,
        KUBERNETES_SERVICE_HOST: new URL(server.url).hostname,
        KUBERNETES_SERVICE_PORT: new URL(server.url).port,
        KUBECONFIG: '',
        POD_NAME: `bench-${xds}`,
      },
    },
  );
  const log = createWriteStream(join(logFolder, 'control-plane.log'));
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  };
  for (let turn = 0; !(await answers(`http://127.0.0.1:${health}/readyz`)); turn += 1) {
    if (child.exitCode !== null || turn > 600)
      throw new Error(`the control plane is not ready: see ${logFolder}/control-plane.log`);
    await sleep(100);
  }
  const serverName = `${controlPlaneName}.${meshNamespace}.svc.${clusterDomain}`;
  const target = { port: xds, serverName, ca: await trustBundle(world) };
  return { pid: child.pid ?? 0, target, stop };
}

/**
 * Arguments of unshare(1) before a program that is to find a service account where the kubelet puts
 * it, in a mount namespace of its own. With a kubeconfig it would load what no pod does.
 */
async function asInPod(server: ApiServer, folder: string): Promise<readonly string[]> {
  const account = join(folder, 'service-account');
  await mkdir(account, { recursive: true });
  await writeFile(join(account, 'token'), server.adminToken, { mode: 0o600 });
  await writeFile(join(account, 'namespace'), meshNamespace);
  await copyFile(server.caFile, join(account, 'ca.crt'));
  const script = `mount -t tmpfs none /run && mkdir -p ${serviceAccountFolder} && cp "$0"/* ${serviceAccountFolder}/ && exec "$@"`;
  return ['--mount', '--map-root-user', 'sh', '-c', script, account];
}

interface ImageSettings {
  readonly environment: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
}

/** What the image sets: the ENV lines of its Dockerfile, and node's flags in its ENTRYPOINT. */
async function imageSettings(): Promise<ImageSettings> {
  const text = await readFile(join(repository, 'images/weft/Dockerfile'), 'utf8');
  const settings = [...text.matchAll(/^ENV (.*)$/gm)].flatMap(([, line = '']) => line.split(' '));
  const environment = Object.fromEntries(
    settings.map((setting) => {
      const at = setting.indexOf('=');
      return [setting.slice(0, at), setting.slice(at + 1)];
    }),
  );
  const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(text)?.[1] ?? '[]') as readonly string[];
  return { environment, flags: entry.filter((word) => word.startsWith('--')) };
}

/** What a sidecar would find in its namespace. */
async function trustBundle(world: BenchMesh): Promise<string> {
  const namespace = world.services[0]?.namespace ?? '';
  for (let turn = 0; turn < 300; turn += 1) {
    const found = await world.api
      .call('GET', `/api/v1/namespaces/${namespace}/configmaps/weft-bootstrap`)
      .catch(() => undefined);
    const data = found?.['data'] as Record<string, string> | undefined;
    const pem = data?.[bootstrapFileNames.trust];
    if (pem !== undefined) return pem;
    await sleep(100);
  }
  throw new Error('no bootstrap in the meshed namespace');
}
