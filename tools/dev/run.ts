/*
 * `make dev`: one process of Weft from source, on the cluster of the kubeconfig, started again whenever a source file
 * changes: `node tools/dev/run.ts [operator | control-plane] [ARGUMENT…]`. The arguments go to the process.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { runMain } from '../base/main.ts';
import { repository } from '../images/bundle.ts';
import { say } from '../progress.ts';
import { preflight } from './preflight.ts';
import { readableLine } from './readable-line.ts';
import { devNamespace, roleOf, roles } from './roles.ts';

/** Runs the process until it ends. Resolves to its exit code. */
function watch(args: readonly string[]): Promise<number> {
  const program = ['--watch', 'src/main.ts', ...args];
  // A separate group: otherwise Ctrl-C would reach the process twice, and it would end without releasing its Lease.
  const child = spawn(process.execPath, program, {
    ...{ cwd: repository, detached: true },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  passSignals(child);
  createInterface({ input: child.stderr }).on('line', (line) => {
    process.stderr.write(`${readableLine(line)}\n`);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  });
}

/** The first signal asks the process to end, the second ends it. */
function passSignals(child: ChildProcess): void {
  let asked = false;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (asked && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      else child.kill('SIGTERM');
      asked = true;
    });
  }
}

await runMain(async () => {
  const [name = 'operator', ...more] = process.argv.slice(2);
  const role = roleOf(name);
  for (const note of await preflight(role)) say(note);
  const args = [...roles[role], `--namespace=${devNamespace}`, ...more];
  say(`$ node --watch src/main.ts ${args.join(' ')}`);
  process.exitCode = await watch(args);
});
