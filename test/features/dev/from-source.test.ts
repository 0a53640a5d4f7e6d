import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../tools/base/command.ts';
import { answers, freePort } from '../../../tools/base/probe.ts';
import { kubectl } from '../../../tools/parts/kubectl.ts';
import { startApiServer } from '../../../tools/real/api-server.ts';
import { ofFile } from '../../support/jest/of-file.ts';
import { repository } from '../../support/operator/operator-on-api-server.ts';
import { until } from '../../support/time/until.ts';

// What `make dev` runs, on a cluster without a node: each test goes on where the test before it ended.

jest.setTimeout(90_000);

const server = ofFile(() => startApiServer());

const ask = async (...args: readonly string[]): Promise<string> =>
  run(await kubectl(), args, {
    env: { KUBECONFIG: server().kubeconfigPath },
    cwd: repository,
  });

interface Started {
  readonly healthPort: number;
  /** All that it printed so far. */
  readonly output: () => string;
  /** Ends it as Ctrl-C does; gives its exit code. */
  readonly stop: () => Promise<number | null>;
  readonly exited: Promise<number | null>;
}

let last: Started | undefined;

afterEach(async () => {
  await last?.stop();
  last = undefined;
});

async function dev(role: string, env: NodeJS.ProcessEnv = {}): Promise<Started> {
  const names = [
    'health',
    'metrics',
    ...(role === 'operator' ? [] : ['xds', 'replica', 'webhook']),
  ];
  const ports = await Promise.all(names.map(() => freePort()));
  const args = names.map((name, at) => `--${name}-port=${String(ports[at])}`);
  const child = spawn(process.execPath, ['tools/dev/run.ts', role, ...args], {
    cwd: repository,
    env: { ...process.env, NODE_OPTIONS: '', KUBECONFIG: server().kubeconfigPath, ...env },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  last = {
    healthPort: ports[0] ?? 0,
    output: () => text,
    stop: () => {
      child.kill('SIGINT');
      return exited;
    },
    exited,
  };
  return last;
}

const isReady = ({ healthPort }: Started): Promise<boolean> =>
  answers(`http://127.0.0.1:${healthPort}/readyz`);

/** How often it said this. */
const times = ({ output }: Started, words: string): number => output().split(words).length - 1;

/** Changes a file as far as a watcher can tell: its text and its times stay. */
async function touch(file: string): Promise<void> {
  const path = join(repository, file);
  const { atime, mtime } = await stat(path);
  await utimes(path, atime, mtime);
}

describe('what is missing', () => {
  it.each([
    ['a kubeconfig', { KUBECONFIG: '/no/such/file' }, 'export KUBECONFIG='],
    ['the CRDs', {}, 'kubectl apply -k config/default'],
  ])('is said with the next command: %s', async (_what, env, next) => {
    const started = await dev('operator', env);
    expect(await started.exited).toBe(1);
    expect(started.output()).toContain(next);
  });

  it('is said with the next command: a MeshConfig', async () => {
    await ask('apply', '-k', 'config/default');
    await ask('wait', '--for=condition=Established', '--timeout=20s', 'crd', '--all');
    const started = await dev('control-plane');
    expect(await started.exited).toBe(1);
    expect(started.output()).toContain('kubectl apply -f config/samples/meshconfig.yaml');
  });
});

describe('the operator from source', () => {
  it('becomes ready, says that a pod may lead in its place, and starts again after a change', async () => {
    const started = await dev('operator');
    await until(() => isReady(started), { withinMs: 30_000 });
    expect(started.output()).toContain('kubectl scale deployment weft-operator -n weft-system');
    await until(() => Promise.resolve(times(started, 'lease won') === 1));
    await touch('src/operator/reconcile.ts');
    await until(() => Promise.resolve(times(started, 'lease won') === 2), { withinMs: 30_000 });
    expect(started.output()).toMatch(/\d info +lease released /);
    await until(() => isReady(started), { withinMs: 30_000 });
    expect(await started.stop()).toBe(0);
    expect(times(started, 'lease released')).toBe(2);
    expect(await isReady(started)).toBe(false);
  });
});

describe('a replica of the control plane from source', () => {
  it('becomes ready and leads', async () => {
    await ask('apply', '-f', 'config/samples/meshconfig.yaml');
    const started = await dev('control-plane');
    await until(() => isReady(started), { withinMs: 30_000 });
    const report = ['configmap', 'weft-proxies', '-n', 'weft-system', '--ignore-not-found'];
    await until(async () => (await ask('get', ...report)).includes('weft-proxies'));
    expect(await started.stop()).toBe(0);
  });
});
