import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { figure } from './figure.ts';
import type { TestCluster } from './test-cluster.ts';
import { until } from '../support/time/until.ts';

/** A container with the demo image's Node in it. */
export interface Pod {
  readonly namespace: string;
  /** As kubectl takes it: `deployment/NAME` or `pod/NAME`. */
  readonly target: string;
  readonly container: string;
}

/** The container that the demo's honest client runs in. */
export const bookbuyer: Pod = {
  namespace: 'bookbuyer',
  target: 'deployment/bookbuyer',
  container: 'bookbuyer',
};

type Child = ChildProcessByStdio<Writable, Readable, Readable>;
type Call = readonly [script: string, ...args: readonly string[]];

/** Starts one of the scripts beside this file inside a pod; it should end when its input ends. */
async function startInPod(world: TestCluster, pod: Pod, [script, ...args]: Call): Promise<Child> {
  const source = await readFile(join(import.meta.dirname, script), 'utf8');
  const node = ['/usr/local/bin/node', '--input-type=module', '-e', source, '--', ...args];
  const exec = ['exec', '-i', '-n', pod.namespace, pod.target, '-c', pod.container, '--', ...node];
  const { binary, kubeconfig } = world.kubectl;
  return spawn(binary, ['--kubeconfig', kubeconfig, ...exec], { stdio: 'pipe' });
}

/** Runs a script to its end and gives what it printed. */
export async function runInPod(world: TestCluster, pod: Pod, call: Call): Promise<string> {
  const child = await startInPod(world, pod, call);
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (out === '') throw new Error(`${call[0]} printed nothing in ${pod.target}: ${errors}`);
  return out;
}

/** What load.mjs reports. Times in milliseconds. */
export interface LoadResult {
  readonly requests: number;
  readonly failed: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** The first failures: `<epoch ms> <outcome> <Envoy's words>`. */
  readonly failures: readonly string[];
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface Load {
  /** Ends the load and says how it went. */
  stop(): Promise<LoadResult>;
}

export interface LoadPlan {
  readonly url: string;
  /** `keep`: connections live on; `new`: one for each request. */
  readonly connections: 'keep' | 'new';
  readonly from?: Pod;
}

/** Puts steady load on a URL; resolves when it runs. */
async function startLoad(world: TestCluster, plan: LoadPlan): Promise<Load> {
  const call: Call = ['load.mjs', plan.url, '4', plan.connections];
  const child = await startInPod(world, plan.from ?? bookbuyer, call);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const errors = text(child.stderr);
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the load ended: ${await errors}`);
    return value;
  };
  await next();
  return {
    stop: async () => {
      child.stdin.end();
      return JSON.parse(await next()) as LoadResult;
    },
  };
}

/** Kept connections and new ones at once, from the bookbuyer. */
export function bothKinds(url: string): Readonly<Record<'kept' | 'new', LoadPlan>> {
  return { kept: { url, connections: 'keep' }, new: { url, connections: 'new' } };
}

/** Does `work` under several loads at once, prints how they went, and gives the failures of all. */
export async function failuresUnder(
  world: TestCluster,
  title: string,
  { plans, work }: { plans: Readonly<Record<string, LoadPlan>>; work: () => Promise<void> },
): Promise<readonly string[]> {
  const started = Object.entries(plans).map(
    async ([name, plan]) => [name, await startLoad(world, plan)] as const,
  );
  const loads = await Promise.all(started);
  try {
    await work();
  } catch (error) {
    await Promise.all(loads.map(([, load]) => load.stop().catch(() => undefined)));
    throw error;
  }
  const results = await Promise.all(
    loads.map(async ([name, load]) => [name, await load.stop()] as const),
  );
  for (const [name, result] of results) figure(`${title}, ${name} connections: ${words(result)}`);
  return results.flatMap(([, { failures }]) => failures);
}

function words({ requests, failed, outcomes, p99 }: LoadResult): string {
  const others = failed === 0 ? '' : ` ${JSON.stringify(outcomes)}`;
  return `${failed} of ${requests} requests failed${others}, p99 ${p99} ms`;
}

/** An outcome, and when (epoch ms) it was first seen. */
export interface Seen {
  readonly at: number;
  readonly outcome: string;
}

/** Follows what a client gets, request by request. */
export interface Watch {
  /** How many changes of the outcome were seen. */
  readonly changes: () => number;
  /** When (epoch ms) an outcome that fits was first seen after `since` changes. */
  when(fits: (outcome: string) => boolean, since: number): Promise<number>;
  /** All changes of the outcome after that many. */
  outcomes(since: number): readonly Seen[];
  stop(): void;
}

const longestWatchMs = 15_000;

/** Requests a URL from the bookbuyer over and over, every few milliseconds. */
export async function startWatch(world: TestCluster, url: string): Promise<Watch> {
  const child = await startInPod(world, bookbuyer, ['watch-outcome.mjs', url]);
  const seen: Seen[] = [];
  createInterface(child.stdout).on('line', (line) => {
    const space = line.indexOf(' ');
    seen.push({ at: Number(line.slice(0, space)), outcome: line.slice(space + 1) });
  });
  child.stderr.resume();
  return {
    changes: () => seen.length,
    outcomes: (since) => seen.slice(since),
    when: async (fits, since) => {
      const found = await until(() => seen.slice(since).find(({ outcome }) => fits(outcome)), {
        withinMs: longestWatchMs,
        pauseMs: 5,
        seen: () => `last seen: ${seen.at(-1)?.outcome ?? 'nothing'}`,
      });
      return found.at;
    },
    stop: () => child.stdin.end(),
  };
}

/** A question of ask.mjs, and a regular expression for the answer. */
export interface Ask {
  /** `http://…`, or `tcp://host:port` with `send` to talk first. */
  readonly url: string;
  readonly send?: string;
  readonly expect: string;
}

/** Asks from a pod until every answer is as expected three times in a row; gives the last answers. */
export async function ask(
  world: TestCluster,
  pod: Pod,
  asks: Readonly<Record<string, Ask>>,
): Promise<Readonly<Record<string, string>>> {
  const out = await runInPod(world, pod, ['ask.mjs', JSON.stringify(asks)]);
  return JSON.parse(out) as Record<string, string>;
}
