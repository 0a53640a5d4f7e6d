import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it } from '@jest/globals';
import { type ProcessIdentity, endProcesses, identify, isRunning } from './process-identity.ts';

const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

async function start(script: string): Promise<{ child: ChildProcess; identity: ProcessIdentity }> {
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  started.push(child);
  await once(child.stdout, 'data');
  return { child, identity: identify(child.pid!)! };
}

it('knows a running process, and that it is gone', async () => {
  const { child, identity } = await start('echo up; exec sleep 60');
  expect(isRunning(identity)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isRunning(identity)).toBe(false);
});

it('spares another process that has got the pid', async () => {
  const { identity } = await start('echo up; exec sleep 60');
  const earlier = { ...identity, startTime: '1@00000000' };
  expect(isRunning(earlier)).toBe(false);
  await endProcesses([earlier], 0);
  expect(isRunning(identity)).toBe(true);
});

it('ends what does not listen to TERM', async () => {
  const { identity } = await start('trap "" TERM; echo up; while :; do sleep 0.05; done');
  await endProcesses([identity], 100);
  expect(isRunning(identity)).toBe(false);
});

it('finds nobody at a pid that is not used', () => {
  expect(identify(2 ** 22 + 1)).toBeUndefined();
});
