import { execFile } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RootProvider } from '../../../src/api/root-spec.ts';
import { createLeafStore } from '../../../src/certificates/leaf-store.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import { connect, type ApiConnection } from '../../../src/kubernetes/connect.ts';
import { identityKey } from '../../../src/policy/identity.ts';
import { until } from '../../contract/issuer-contract.ts';
import { startIssuer, type StartedIssuer } from '../../contract/start-issuer.ts';
import { startCertManager, type CertManager } from '../../real/cert-manager.ts';
import { makeCaIssuer } from '../../real/cert-manager-setup.ts';
import { makeMeshPki } from '../../real/mesh-pki.ts';
import { startOpenBao, type OpenBao } from '../../real/openbao.ts';
import { sharedApiServer } from '../../shared-api-server.ts';

// What a rollout of a thousand workloads costs, from a control plane that has just started.

const count = 1_000;
const accounts = Array.from({ length: count }, (_, at) =>
  identityKey({ namespace: `ns-${String(at % 50)}`, serviceAccount: `account-${String(at)}` }),
);

interface Figures {
  /** From asking until the last leaf was there, the issuer's own start included. */
  readonly longestWaitMs: number;
  /** The work of one turn of the event loop: what others wait for, on an idle machine. */
  readonly longestTurnMs: number;
  readonly longestDelayMs: number;
}

async function coldStart(start: () => Promise<StartedIssuer>, of = accounts): Promise<Figures> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const turns = watchTurns();
  delay.enable();
  const began = performance.now();
  const started = await start();
  const store = createLeafStore({
    ...{ issuer: started.issuer, clock: systemClock, random: Math.random, logger: silentLogger },
    trustDomain: () => 'cluster.local',
    validity: () => 24 * 3_600_000,
  });
  const end = new AbortController();
  const ended = store.run(end.signal);
  for (const one of of) store.leafOf(one);
  await until(() => store.health().waiting === 0, 80_000);
  const longestWaitMs = Math.round(performance.now() - began);
  delay.disable();
  const figures = {
    longestWaitMs,
    longestTurnMs: turns.stop(),
    longestDelayMs: Math.round(delay.max / 1e6),
  };
  end.abort();
  await ended;
  await started.stop();
  return figures;
}

function watchTurns(): { readonly stop: () => number } {
  let watching = true;
  let longest = 0;
  const look = (before: NodeJS.CpuUsage): void => {
    const now = process.threadCpuUsage();
    longest = Math.max(longest, now.user + now.system - before.user - before.system);
    if (watching) setImmediate(look, now);
  };
  look(process.threadCpuUsage());
  return {
    stop: () => {
      watching = false;
      return Math.round(longest / 100) / 10;
    },
  };
}

/** What a bound for an idle machine comes to while others have so much work for each of its cores. */
function whileBusy(idleMs: number): number {
  const [load = 1] = loadavg();
  return idleMs * Math.max(1, load / availableParallelism());
}

function tell(what: string, figures: object): void {
  process.stdout.write(`${what}: ${JSON.stringify(figures)}\n`);
}

describe('a thousand workloads at once', () => {
  let bao: OpenBao;
  let manager: CertManager;
  let api: ApiConnection;
  beforeAll(async () => {
    api = await connect({ kubeconfig: sharedApiServer().kubeconfigPath });
    [bao, manager] = await Promise.all([startOpenBao(), startCertManager(sharedApiServer())]);
  }, 90_000);
  afterAll(async () => {
    await api.close();
    await Promise.all([bao.stop(), manager.stop()]);
  });

  const wellIn = (provider: RootProvider, namespace: string): Promise<Figures> =>
    coldStart(() => startIssuer(provider, { namespace }));

  it('cost the built-in authority 2 s of CPU at most', async () => {
    const script = join(import.meta.dirname, '../../bench/certificates.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [script, String(count)]);
    const figures = JSON.parse(stdout) as { cpuMs: number; longestTurnMs: number };
    tell('built-in, 1,000 leaves', figures);
    expect(figures.cpuMs).toBeLessThan(2_000);
    expect(figures.longestTurnMs).toBeLessThan(whileBusy(50));
  }, 30_000);

  it('have a leaf by an intermediate of cert-manager within 5 s of an idle machine', async () => {
    const { issuerRef } = await makeCaIssuer(manager, { name: 'many' });
    const provider = { kind: 'certManager', issuerRef, mode: 'intermediate' } as const;
    const figures = await wellIn(provider, 'many-cert-manager');
    tell('cert-manager, intermediate, 1,000 leaves', figures);
    expect(figures.longestWaitMs).toBeLessThan(whileBusy(5_000));
    expect(figures.longestTurnMs).toBeLessThan(whileBusy(50));
  }, 90_000);

  it('have a leaf by an intermediate of OpenBao within 5 s of an idle machine', async () => {
    const mesh = await makeMeshPki(bao, api, 'many-openbao');
    const figures = await wellIn(mesh.root({ mode: 'intermediate' }), mesh.namespace);
    tell('OpenBao, intermediate, 1,000 leaves', figures);
    expect(figures.longestWaitMs).toBeLessThan(whileBusy(5_000));
    expect(figures.longestTurnMs).toBeLessThan(whileBusy(50));
  }, 90_000);

  it('have a leaf each signed by OpenBao, none of them failing', async () => {
    const mesh = await makeMeshPki(bao, api, 'many-openbao-leaf');
    const figures = await wellIn(mesh.root({ mode: 'leaf' }), mesh.namespace);
    tell('OpenBao, leaf, 1,000 leaves', figures);
    expect(figures.longestTurnMs).toBeLessThan(whileBusy(50));
  }, 90_000);

  it('have a leaf each signed by cert-manager, here a hundred', async () => {
    const { issuerRef } = await makeCaIssuer(manager, { name: 'many-leaf' });
    const provider = { kind: 'certManager', issuerRef, mode: 'leaf' } as const;
    const start = () => startIssuer(provider, { namespace: 'many-cert-manager-leaf' });
    const figures = await coldStart(start, accounts.slice(0, 100));
    tell('cert-manager, leaf, 100 leaves', figures);
    expect(figures.longestTurnMs).toBeLessThan(whileBusy(50));
  }, 90_000);
});
