import { setTimeout as sleep } from 'node:timers/promises';
import type { MeshConfig } from '../../src/api/gen/mesh-config.ts';
import { kinds } from '../../src/api/kinds.ts';
import { elapsed } from '../progress.ts';
import type { InstallPlace } from './place.ts';
import { names, type Provider } from './provider.ts';
import { isSettled, type Rotation } from './settled.ts';

/** An observed rotation, and its time after the edit. */
export interface Stage {
  readonly atMs: number;
  readonly elapsedMs: number;
  readonly rotation: Rotation;
}

/** A finished switch. */
export interface Switched {
  /** The MeshRootCertificate that signed before, and the MeshRootCertificate that signs now. */
  readonly from: string;
  readonly to: string;
  /** From the edit until the old root was dropped everywhere. */
  readonly tookMs: number;
  /** Each observed state, oldest first. */
  readonly stages: readonly Stage[];
}

export interface SwitchPlan {
  /** Edits the MeshConfig. */
  readonly edit: () => Promise<unknown>;
  /** Called with each new state. */
  readonly onStage?: (stage: Stage) => void;
  /** The longest time for the switch. Default ten minutes. */
  readonly withinMs?: number;
}

const intervalMs = 200;

/** Edits the MeshConfig and follows its status until the mesh has another root and the switch is done. */
export async function followSwitch(place: InstallPlace, plan: SwitchPlan): Promise<Switched> {
  const { edit, onStage = () => undefined, withinMs = 600_000 } = plan;
  const from = rootOf(await readMeshConfig(place));
  const began = Date.now();
  await edit();
  const stages: Stage[] = [];
  for (;;) {
    const meshConfig = await readMeshConfig(place);
    const atMs = Date.now();
    const rotation = changeIn(meshConfig, stages.at(-1));
    if (rotation !== undefined) {
      const stage = { atMs, elapsedMs: atMs - began, rotation };
      stages.push(stage);
      onStage(stage);
    }
    const to = rootOf(meshConfig);
    if (to !== from && isSettled(meshConfig)) return { from, to, tookMs: atMs - began, stages };
    if (atMs - began > withinMs)
      throw new Error(`the switch is not done in ${withinMs / 1000} s: ${describe(meshConfig)}`);
    await sleep(intervalMs);
  }
}

function rootOf({ status }: MeshConfig): string {
  return status?.certificate?.root ?? '';
}

/** The mesh's MeshConfig; an error when there is none. */
export async function readMeshConfig({ api }: InstallPlace): Promise<MeshConfig> {
  const ref = { kind: kinds.meshConfig, namespace: names.system, name: names.meshConfig };
  const meshConfig = await api.get<MeshConfig>(ref, AbortSignal.timeout(10_000));
  if (meshConfig === undefined) throw new Error('there is no mesh: `make demo` installs one');
  return meshConfig;
}

const widest = 100;

/** A stage in one line: when, the phase, how many proxies have followed, and what it waits for. */
export function wordsOf({ elapsedMs, rotation }: Stage): string {
  const { phase, acknowledged = 0, total = 0, waiting = [], message = '' } = rotation;
  const reason = message === '' && waiting.length > 0 ? `waiting for ${few(waiting)}` : message;
  const short = reason.length > widest ? `${reason.slice(0, widest)}…` : reason;
  // Before the first count of a phase, the number of proxies is not known.
  const proxies = total === 0 ? '' : `${acknowledged}/${total} proxies`;
  const columns = [elapsed(elapsedMs).padStart(6), phase.padEnd(9), proxies.padEnd(12), short];
  return columns.join('  ').trimEnd();
}

function few(all: readonly string[]): string {
  const others = all.length - 2;
  return all.slice(0, 2).join(', ') + (others > 0 ? ` and ${others} more` : '');
}

/** Replaces the provider and all its settings. */
export async function replaceProvider(
  { kubectl }: InstallPlace,
  provider: Provider,
): Promise<void> {
  const patch = [{ op: 'replace', path: '/spec/certificate/provider', value: provider }];
  const args = ['meshconfig', names.meshConfig, '-n', names.system, '--type=json'];
  await kubectl.run('patch', ...args, '-p', JSON.stringify(patch));
}

/** The rotation, if it changed. */
function changeIn({ status }: MeshConfig, before: Stage | undefined): Rotation | undefined {
  const rotation = status?.certificate?.rotation;
  const facts = (of: Rotation | undefined): string =>
    JSON.stringify([of?.phase, of?.acknowledged, of?.total, of?.waiting, of?.message]);
  return facts(rotation) === facts(before?.rotation) ? undefined : rotation;
}

function describe({ status }: MeshConfig): string {
  const { certificate, conditions } = status ?? {};
  const ready = conditions?.find(({ type }) => type === 'Ready');
  return JSON.stringify({ certificate, ready });
}
