import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Kubectl } from '../../tools/demo/kubectl.ts';

/** Where a script runs: `deployment/<app>` in namespace `<app>`, in the container of that name. */
export interface Place {
  readonly app: string;
  readonly target?: string;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts one of the scripts beside this file with the Node of the demo image, inside a pod. */
export async function startInPod(
  kubectl: Kubectl,
  place: Place,
  [script, ...args]: readonly [string, ...string[]],
): Promise<Child> {
  const source = await readFile(join(import.meta.dirname, script), 'utf8');
  const target = place.target ?? `deployment/${place.app}`;
  const node = ['/usr/local/bin/node', '--input-type=module', '-', ...args];
  const exec = ['exec', '-i', '-n', place.app, target, '-c', place.app, '--', ...node];
  const child = spawn(kubectl.binary, ['--kubeconfig', kubectl.kubeconfig, ...exec], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(source);
  return child;
}

/** Runs a script to its end and gives what it printed. */
export async function runInPod(
  kubectl: Kubectl,
  place: Place,
  call: readonly [string, ...string[]],
): Promise<string> {
  const child = await startInPod(kubectl, place, call);
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (out === '') throw new Error(`${call[0]} printed nothing in ${place.app}: ${errors}`);
  return out;
}

/** What load.mjs reports. Times in milliseconds. */
export interface LoadResult {
  readonly requests: number;
  readonly failed: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Puts steady load on `url` from the bookbuyer's pod for `seconds`. */
export async function load(kubectl: Kubectl, url: string, seconds: number): Promise<LoadResult> {
  const place = { app: 'bookbuyer' };
  const out = await runInPod(kubectl, place, ['load.mjs', url, String(seconds), '4', 'keep']);
  return JSON.parse(out) as LoadResult;
}
