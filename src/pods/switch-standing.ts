import type { KubernetesObject } from '../api/core.ts';
import { isSetAside } from '../api/set-aside.ts';
import type { Change, ObjectStore } from '../kubernetes/store.ts';
import type { Proxy } from '../policy/proxy.ts';
import type { SwitchStanding } from '../xds/evidence/evidence.ts';
import type { LivingPod } from './pod-life.ts';

/**
 * Whether the kubelet ever reported that the pod's sidecar ran (docs/decisions/0117). Before that, no peer of a stream
 * is an Envoy of the mesh: a token can be requested for a pod that no node ever took. A sidecar that ran once counts,
 * whatever happened to it later. Pure.
 */
export function hasRun({ life: { sidecar } }: LivingPod): boolean {
  if (sidecar === undefined) return false;
  const { started, runningSince, restarts, ended } = sidecar;
  return started || runningSince !== undefined || restarts > 0 || ended !== undefined;
}

/** Whether a change of a pod may change the result of `switchStanding` for its proxy. */
export function mayChangeStanding({ before, after }: Change<KubernetesObject>): boolean {
  const [was, is] = [before, after] as [LivingPod | undefined, LivingPod | undefined];
  if (was === undefined || is === undefined) return true;
  return was.metadata.uid !== is.metadata.uid || hasRun(was) !== hasRun(is);
}

/** How a proxy that has not acknowledged counts in a switch of roots, by what is known of its pod. */
export function switchStanding(
  { pod, uid }: Pick<Proxy, 'pod' | 'uid'>,
  pods: Pick<ObjectStore<KubernetesObject>, 'objects'>,
  setAside: readonly string[],
): SwitchStanding {
  const known = pods.objects.get(pod) as LivingPod | undefined;
  if (known?.metadata.uid === uid && !hasRun(known)) return 'unstarted';
  return isSetAside(pod, setAside) ? 'aside' : 'counts';
}
