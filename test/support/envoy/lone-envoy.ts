import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResourceSet } from '../../../src/xds/resources/resource.ts';
import { envoyBinary } from '../../../tools/parts/envoy.ts';
import { startAds, type TestAds } from './ads.ts';
import { writeBootstrap } from './pod.ts';
import { until } from '../time/until.ts';

const node = 'lone';

/** One real Envoy in a network of its own, which is given one set of resources after the other. */
export interface LoneEnvoy {
  /** What it has against the set, in its own words; [] when it takes all of it. */
  refusals(set: ResourceSet): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function startLoneEnvoy(): Promise<LoneEnvoy> {
  const directory = await mkdtemp(join(tmpdir(), 'weft-lone-'));
  await chmod(directory, 0o755);
  const ads = await startAds(join(directory, 'ads.sock'));
  const config = await writeBootstrap(directory, ads.socket);
  const log: string[] = [];
  const child = spawn('unshare', ['--net', 'sh', '-c', script(await envoyBinary(), config)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text));
  return {
    async refusals(set) {
      const before = ads.nacks.length;
      ads.offer(node, set);
      await settled(ads, child, log);
      return ads.nacks.slice(before);
    },
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await gone;
      }
      ads.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function script(envoy: string, config: string): string {
  const args = `-c ${config} --service-node ${node} --service-cluster test --concurrency 1`;
  const rest =
    '--log-level error --disable-hot-restart --drain-time-s 1 --drain-strategy immediate';
  return `ip link set lo up && exec ${envoy} ${args} ${rest}`;
}

/** Until every response is answered, and no new question comes for a moment. */
async function settled(ads: TestAds, child: ChildProcess, log: readonly string[]): Promise<void> {
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  let quiet = 0;
  const look = (): boolean => {
    quiet = ads.connected(node) && ads.unanswered(node) === 0 ? quiet + 1 : 0;
    return quiet > 2 || hasEnded();
  };
  const seen = (): string => log.join('').slice(-3_000);
  await until(look, { what: 'Envoy has answered', withinMs: 20_000, pauseMs: 5, seen });
  if (hasEnded()) throw new Error(`Envoy ended:\n${seen()}`);
}
