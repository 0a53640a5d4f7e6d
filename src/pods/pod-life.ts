// Input: a pod as the API server gives it. Output: what of it shows the state of its sidecar, frozen and small. Rule:
// it is kept apart from what the mesh is compiled from, so that the start of a container causes no compile.
import type { KubernetesObject, Pod } from '../api/core.ts';
import { notInjected, sidecarInjection } from '../api/labels.ts';
import { fieldsOf, type Fields, flag, integer, records, text, textMap } from '../common/read.ts';
import { trim } from '../cluster/trim.ts';
import { deepFreeze } from '../common/freeze.ts';
import { bootstrapVolume, sidecarName } from '../injector/names.ts';
import { type PodHold, findHold } from './held.ts';
import { describeEnd, cleanText, timeOf } from './kubelet-words.ts';
import { isNodeSilent, isWithoutSandbox, scheduledAt } from './pod-conditions.ts';
import { ownerOf } from './pod-owner.ts';

/** A pod with what is known of its life. Times are milliseconds since the epoch. */
export interface LivingPod extends Pod {
  readonly life: PodLife;
}

export interface PodLife {
  readonly created: number;
  /** When a node took it; undefined before that, and when the scheduler does not say. */
  readonly scheduled: number | undefined;
  /** Whether its node does not answer, so that what is known of its containers may be old. */
  readonly nodeSilent: boolean;
  readonly deleting: boolean;
  /** The annotations that decide whether it gets a sidecar. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Its owner, which would recreate it, in the form of ownerOf; undefined when it has none. */
  readonly owner: string | undefined;
  readonly windows: boolean;
  readonly mirror: boolean;
  /** Undefined: it has none. */
  readonly sidecar: SidecarLife | undefined;
  /** Why the pod waits before its sidecar runs; undefined when its status names no reason. */
  readonly held: PodHold | undefined;
}

export interface SidecarLife {
  /** When its container started; undefined while it does not run. */
  readonly runningSince: number | undefined;
  /** Whether its startup probe passed, so that it was connected once. */
  readonly started: boolean;
  readonly restarts: number;
  /** Whether the kubelet waits before it starts it again. */
  readonly backOff: boolean;
  /** Whether it failed and has not been restarted, in a pod that has a sandbox. */
  readonly failed: boolean;
  /** Its last end; `at` is 0 when the kubelet does not know the time. Undefined: it never ended. */
  readonly ended: { readonly at: number; readonly why: string } | undefined;
}

/** A pod as the snapshot keeps it, with its life. Total: also for an object of an unexpected shape. */
export function keepPod(object: KubernetesObject): LivingPod {
  const raw = object as unknown as Fields;
  return deepFreeze({ ...trim('Pod', object), life: lifeOf(raw) });
}

function lifeOf(raw: Fields): PodLife {
  const metadata = fieldsOf(raw['metadata']);
  const [spec, status] = [fieldsOf(raw['spec']), fieldsOf(raw['status'])];
  const annotations = textMap(metadata['annotations']) ?? {};
  const kept = [sidecarInjection, notInjected].flatMap((key) => {
    const value = annotations[key];
    return value === undefined ? [] : [[key, cleanText(value)] as const];
  });
  const statuses = records(status['initContainerStatuses']) ?? [];
  return {
    created: timeOf(metadata['creationTimestamp']) ?? 0,
    scheduled: scheduledAt(status),
    nodeSilent: isNodeSilent(status),
    deleting: text(metadata['deletionTimestamp']) !== undefined,
    annotations: Object.fromEntries(kept),
    owner: ownerOf(metadata),
    windows:
      text(fieldsOf(spec['os'])['name']) === 'windows' ||
      textMap(spec['nodeSelector'])?.['kubernetes.io/os'] === 'windows',
    mirror: annotations['kubernetes.io/config.mirror'] !== undefined,
    sidecar: hasSidecar(spec) ? sidecarLife(statuses, isWithoutSandbox(status)) : undefined,
    held: findHold(status, statuses),
  };
}

/** Whether the pod has a sidecar, by its containers and volumes, as in the injector: a label can be copied or lost. */
function hasSidecar(spec: Fields): boolean {
  const named = (list: string, name: string): boolean =>
    (records(spec[list]) ?? []).some((item) => item['name'] === name);
  return named('initContainers', sidecarName) && named('volumes', bootstrapVolume);
}

function sidecarLife(statuses: readonly Fields[], withoutSandbox: boolean): SidecarLife {
  const status = statuses.find(({ name }) => name === sidecarName) ?? {};
  const state = fieldsOf(status['state']);
  // Between its end and the next start, the newest end is in the state itself.
  const ended = state['terminated'] ?? fieldsOf(status['lastState'])['terminated'];
  return {
    runningSince: timeOf(fieldsOf(state['running'])['startedAt']),
    started: flag(status['started']) ?? false,
    restarts: integer(status['restartCount']) ?? 0,
    backOff: text(fieldsOf(state['waiting'])['reason']) === 'CrashLoopBackOff',
    failed: !withoutSandbox && isFailure(state['terminated']),
    ended: lastEnd(ended),
  };
}

function isFailure(ended: unknown): boolean {
  return (ended ?? undefined) !== undefined && integer(fieldsOf(ended)['exitCode']) !== 0;
}

function lastEnd(ended: unknown): SidecarLife['ended'] {
  if (ended === undefined || ended === null) return undefined;
  const fields = fieldsOf(ended);
  return { at: timeOf(fields['finishedAt']) ?? 0, why: describeEnd(fields) };
}
