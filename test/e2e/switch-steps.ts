import { readFile } from 'node:fs/promises';
import { cgroupMembers } from '../../tools/cluster/cgroup.ts';
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
  /** Done once at the first sight of each phase, while the switch goes on. */
  readonly atPhase?: (phase: Phase) => Promise<unknown>;
}

/** Allows kubelets ten seconds, of which those of a local cluster need six, so that a switch takes half a minute. */
export async function hasten(world: TestCluster, rotation: object = {}): Promise<void> {
  const all = { bundlePropagation: '10s', setAside: [], setAsideAfter: '10m', ...rotation };
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

/** The process of a pod's sidecar: one of the cluster's own processes on this machine, which is its node. */
export async function sidecarProcess(
  { place }: TestCluster,
  namespace: string,
  pod: string,
): Promise<number> {
  const wanted = `${namespace}/${pod}`;
  for (const { pid } of await cgroupMembers(place)) {
    const words = await commandOf(pid);
    const at = words.indexOf('--service-node');
    if (words[0]?.endsWith('envoy') === true && words[at + 1]?.startsWith(wanted) === true)
      return pid;
  }
  throw new Error(`no sidecar of ${wanted} runs here`);
}

async function commandOf(pid: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.split('\0');
}
