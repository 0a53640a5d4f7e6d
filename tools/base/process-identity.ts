import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The identity of a process: a reused pid has another start time. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, and which boot that was. */
  readonly startTime: string;
}

let boot: string | undefined;

/** The process with this pid; undefined without such a process, and for a zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTime = fields[19];
  if (startTime === undefined || state === 'Z' || state === 'X') return undefined;
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
  return { pid, startTime: `${startTime}@${boot}` };
}

/** Whether exactly that process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime;
}

/**
 * Ends processes: TERM, then KILL for those that are still there after `graceMs`.
 * Resolves when all are gone; never touches another process that got one of the pids.
 */
export async function endProcesses(
  identities: readonly ProcessIdentity[],
  graceMs: number,
): Promise<void> {
  signalAll(identities, 'SIGTERM');
  if (await gone(identities, graceMs)) return;
  signalAll(identities, 'SIGKILL');
  if (await gone(identities, 5_000)) return;
  const left = identities.filter(isRunning).map(({ pid }) => pid);
  throw new Error(`processes ${left.join(', ')} do not end, not even by SIGKILL`);
}

function signalAll(identities: readonly ProcessIdentity[], signal: NodeJS.Signals): void {
  for (const identity of identities) {
    if (!isRunning(identity)) continue;
    try {
      process.kill(identity.pid, signal);
    } catch {
      // The process ended between the check and the signal.
    }
  }
}

async function gone(identities: readonly ProcessIdentity[], withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (identities.some(isRunning)) {
    if (Date.now() >= deadline) return false;
    await sleep(20);
  }
  return true;
}
