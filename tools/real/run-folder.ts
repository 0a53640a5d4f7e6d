import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Daemon, recordedDaemon, startDaemon } from '../base/daemon.ts';
import { endProcesses, identify, isRunning } from '../base/process-identity.ts';

/** A folder of this process, with the programs that were started from it. */
export interface RunFolder {
  readonly path: string;
  /** Starts a program that always ends with this process; its log is `logs/NAME.log`. */
  readonly start: (name: string, command: readonly string[]) => Promise<Daemon>;
  /** Ends the programs and removes the folder; may be called twice. */
  readonly clear: () => Promise<void>;
}

const graceMs = 3_000;

/** A new folder under `/tmp/weft-test-NAME`; first clears those whose process is gone. */
export async function openRunFolder(name: string): Promise<RunFolder> {
  const root = join(tmpdir(), `weft-test-${name}`);
  await clearLeftovers(root);
  await mkdir(root, { recursive: true });
  const owner = `${String(process.pid)}-${identify(process.pid)?.startTime ?? ''}-`;
  const path = await mkdtemp(join(root, owner));
  return {
    path,
    start: (program, command) =>
      startDaemon({
        name: program,
        command: ['setpriv', '--pdeathsig', 'KILL', ...command],
        log: join(path, 'logs', `${program}.log`),
        record: join(path, 'processes', `${program}.json`),
      }),
    clear: () => clear(path),
  };
}

async function clearLeftovers(root: string): Promise<void> {
  const runs = await readdir(root).catch(() => []);
  for (const run of runs) {
    const [pid, startTime = ''] = run.split('-');
    if (!isRunning({ pid: Number(pid), startTime })) await clear(join(root, run));
  }
}

async function clear(path: string): Promise<void> {
  const records = await readdir(join(path, 'processes')).catch(() => []);
  const daemons = await Promise.all(
    records.map((name) => recordedDaemon(join(path, 'processes', name))),
  );
  await endProcesses(
    daemons.filter((daemon) => daemon !== undefined),
    graceMs,
  );
  await rm(path, { recursive: true, force: true, maxRetries: 5 });
}
