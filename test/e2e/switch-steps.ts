import { readdir, readFile } from 'node:fs/promises';
import {
  followSwitch,
  replaceProvider,
  type Stage,
  type Switched,
  wordsOf,
} from '../../tools/issuers/follow-switch.ts';
import { names, type Provider } from '../../tools/issuers/provider.ts';
import { figure } from './figure.ts';
import type { TestCluster } from './test-cluster.ts';

export type Phase = Stage['rotation']['phase'];

/** Every phase that a switch goes through. */
export const phases: readonly Phase[] = ['Preflight', 'TrustBoth', 'SignNew', 'Settle', 'DropOld'];

/** The system's namespace. */
export const system = names.system;

export interface SwitchStory {
  readonly title: string;
  /** The provider to switch to, or what is put into spec.certificate. */
  readonly to: Provider | { readonly certificate: object };
  /** Done once at the first sight of each phase; the switch is followed on meanwhile. */
  readonly atPhase?: (phase: Phase) => Promise<unknown>;
}

/** Makes kubelets' time short, as it is on a local cluster, so that a switch takes half a minute. */
export async function hasten(world: TestCluster, rotation: object = {}): Promise<void> {
  const all = { bundlePropagation: '20s', setAside: [], setAsideAfter: '10m', ...rotation };
  await editCertificate(world, { rotation: all });
}

async function editCertificate({ kubectl }: TestCluster, certificate: object): Promise<void> {
  const patch = JSON.stringify({ spec: { certificate } });
  const args = ['meshconfig', names.meshConfig, '-n', system, '--type=merge', '-p', patch];
  await kubectl.run('patch', ...args);
}

/** Edits the provider and follows the switch to its end. */
export async function switchTo(world: TestCluster, story: SwitchStory): Promise<Switched> {
  const done: Promise<unknown>[] = [];
  const seen = new Set<Phase>();
  const switched = await followSwitch(world, {
    edit: () =>
      'certificate' in story.to
        ? editCertificate(world, story.to.certificate)
        : replaceProvider(world, story.to),
    withinMs: 240_000,
    onStage: (stage) => {
      const { phase } = stage.rotation;
      if (seen.has(phase)) return;
      seen.add(phase);
      figure(`  ${story.title}: ${wordsOf(stage)}`);
      if (story.atPhase !== undefined) done.push(story.atPhase(phase));
    },
  });
  await Promise.all(done);
  figure(`${story.title}: ${switched.from} → ${switched.to} in ${switched.tookMs} ms`);
  return switched;
}

/** The names of the pods of a selector. */
export async function podsOf(
  { kubectl }: TestCluster,
  namespace: string,
  selector: string,
): Promise<readonly string[]> {
  const out = await kubectl.run('get', 'pods', '-n', namespace, '-l', selector, '-o', 'name');
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace('pod/', ''));
}

/** Ends pods at once, as a node that fails does. */
export async function kill(
  { kubectl }: TestCluster,
  namespace: string,
  pods: readonly string[],
): Promise<void> {
  if (pods.length === 0) return;
  const now = ['--force', '--grace-period=0', '--ignore-not-found'];
  await kubectl.run('delete', 'pod', '-n', namespace, ...pods, ...now);
}

/** The process of a pod's sidecar on this machine, which the local cluster's node is. */
export async function sidecarProcess(namespace: string, pod: string): Promise<number> {
  const wanted = `${namespace}/${pod}`;
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const words = await commandOf(entry);
    const at = words.indexOf('--service-node');
    if (words[0]?.endsWith('envoy') === true && words[at + 1]?.startsWith(wanted) === true)
      return Number(entry);
  }
  throw new Error(`no sidecar of ${wanted} runs here`);
}

async function commandOf(pid: string): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.split('\0');
}
