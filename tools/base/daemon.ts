import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines } from './command.ts';
import { type ProcessIdentity, identify, isRunning } from './process-identity.ts';

/** A program that runs in the background and writes to its log. */
export interface Daemon extends ProcessIdentity {
  readonly name: string;
  readonly log: string;
}

export interface DaemonPlan {
  readonly name: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly log: string;
  /** The file that records it for later runs. */
  readonly record: string;
}

/** Starts a program in a separate session, so that it outlives this process and its terminal. */
export async function startDaemon(plan: DaemonPlan): Promise<Daemon> {
  await mkdir(dirname(plan.log), { recursive: true });
  await mkdir(dirname(plan.record), { recursive: true });
  const pid = await launch(plan);
  const daemon: Daemon = {
    ...(identify(pid) ?? { pid, startTime: '' }),
    name: plan.name,
    log: plan.log,
  };
  await writeFile(plan.record, JSON.stringify(daemon));
  return daemon;
}

/** The daemon that `startDaemon` recorded there; undefined if there is no readable record. */
export async function recordedDaemon(record: string): Promise<Daemon | undefined> {
  try {
    return JSON.parse(await readFile(record, 'utf8')) as Daemon;
  } catch {
    return undefined;
  }
}

/** Waits until `check` holds. A daemon that ends, or takes too long, is an error that shows the end of its log. */
export async function untilReady(
  daemon: Daemon,
  check: () => Promise<boolean>,
  withinMs: number,
): Promise<void> {
  const startedAt = Date.now();
  while (!(await check())) {
    const waited = Date.now() - startedAt;
    if (!isRunning(daemon)) throw await failure(daemon, 'ended');
    if (waited > withinMs)
      throw await failure(daemon, `was not ready in ${String(withinMs / 1000)} s`);
    // Often at first, because most programs are ready soon.
    await sleep(Math.min(250, 50 + waited / 20));
  }
}

async function failure(daemon: Daemon, what: string): Promise<Error> {
  const log = await readFile(daemon.log, 'utf8').catch(() => '');
  return new Error(`${daemon.name} ${what}. The end of ${daemon.log}:\n${lastLines(log, 20)}`);
}

function launch(plan: DaemonPlan): Promise<number> {
  const [program = '', ...rest] = plan.command;
  const log = openSync(plan.log, 'a');
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { detached: true, stdio: ['ignore', log, log], cwd: '/' });
    child.on('error', reject);
    child.on('spawn', () => {
      child.unref();
      resolve(child.pid ?? 0);
    });
    closeSync(log);
  });
}
