import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootstrapFileNames } from '../../src/envoy/bootstrap.ts';
import { controlPlaneName } from '../../src/control-plane/options.ts';
import { answers, freePort } from '../../tools/base/probe.ts';
import type { ApiServer } from '../apiserver.ts';
import type { LoadTarget } from './load-proxy.ts';
import { type World, meshNamespace } from './world.ts';

export interface ControlPlane {
  readonly pid: number;
  readonly target: LoadTarget;
  readonly stop: () => Promise<void>;
}

const clusterDomain = 'cluster.local';

/** The control plane as users run it, in a process of its own; resolves when it is ready. */
export async function startControlPlane(
  server: ApiServer,
  world: World,
  logFolder: string,
): Promise<ControlPlane> {
  const [xds, webhook, health] = await Promise.all([freePort(), freePort(), freePort()]);
  await mkdir(logFolder, { recursive: true });
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      new URL('../../src/main.ts', import.meta.url).pathname,
      'control-plane',
      `--kubeconfig=${server.kubeconfigPath}`,
      `--namespace=${meshNamespace}`,
      `--cluster-domain=${clusterDomain}`,
      `--xds-port=${xds}`,
      `--webhook-port=${webhook}`,
      `--health-port=${health}`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, POD_NAME: `bench-${xds}` } },
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

/** What a sidecar would find in its namespace. */
async function trustBundle(world: World): Promise<string> {
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
