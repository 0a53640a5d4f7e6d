import { readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { cacheRoot } from '../base/cache.ts';
import { recordedDaemon, startDaemon, untilReady } from '../base/daemon.ts';
import { withLock } from '../base/lock.ts';
import { endProcesses, isRunning } from '../base/process-identity.ts';
import { stateRoot } from '../cluster/place.ts';
import { demoCluster } from './demo-cluster.ts';
import type { Kubectl } from './kubectl.ts';

/** A page of the demo on this machine. */
export interface Forward {
  readonly app: string;
  readonly url: string;
}

/** The ports that OSM's demo used; used when they are free. */
export const preferredPorts: Readonly<Record<string, number>> = {
  bookbuyer: 8080,
  bookthief: 8083,
};

function folder(): string {
  return join(stateRoot(), `pages-of-${demoCluster}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function freePort(from: number): Promise<number> {
  for (let port = from; port < from + 100; port += 1) if (await isFree(port)) return port;
  throw new Error(`no free port between ${from} and ${from + 99}`);
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/raw`, { signal: AbortSignal.timeout(1000) }).then(
    (response) => response.ok,
    () => false,
  );
}

/** Ends the port-forwards of an earlier run. */
export async function stopForwards(): Promise<void> {
  const names = await readdir(folder()).catch(() => []);
  const records = names.filter((name) => name.endsWith('.json'));
  const daemons = await Promise.all(records.map((name) => recordedDaemon(join(folder(), name))));
  const alive = daemons.filter((daemon) => daemon !== undefined && isRunning(daemon));
  await endProcesses(
    alive.filter((daemon) => daemon !== undefined),
    2000,
  );
  await rm(folder(), { recursive: true, force: true });
}

/** Forwards an app's page to this machine, in a process that outlives this process. */
export function forward(kubectl: Kubectl, app: string): Promise<Forward> {
  // Two demos that start together would choose the same free port, and one would show the page of the other.
  return withLock(join(cacheRoot(), '.pages.lock'), () => open(kubectl, app));
}

async function open(kubectl: Kubectl, app: string): Promise<Forward> {
  const port = await freePort(preferredPorts[app] ?? 8090);
  const url = `http://127.0.0.1:${port}`;
  const target = ['-n', app, `deployment/${app}`, `${port}:14001`];
  const daemon = await startDaemon({
    name: `page of ${app}`,
    command: [kubectl.binary, '--kubeconfig', kubectl.kubeconfig, 'port-forward', ...target],
    log: join(folder(), `${app}.log`),
    record: join(folder(), `${app}.json`),
  });
  await untilReady(daemon, () => answers(url), 20_000);
  return { app, url };
}
