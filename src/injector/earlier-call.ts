import type { PatchOperation } from '../api/admission.ts';
import { originalProbes } from '../api/labels.ts';
import type { OriginalProbe } from '../api/probes.ts';
import type { AdmittedContainer, AdmittedPod } from './admitted-pod.ts';
import { bootstrapVolume, initName, sidecarName, sidecarUsers, tokenVolume } from './names.ts';
import { parseNotedCalls } from './noted-call.ts';
import { isIntact, restoreFields } from './put-right.ts';

/**
 * Whether this webhook has changed the pod before: the API server calls it again when a later webhook changed
 * something, and people copy pods. The containers and volumes decide, never labels and annotations. They are not
 * trusted either: each is compared with what it has to be (docs/decisions/0092).
 */
export function wasInjected({ spec }: AdmittedPod): boolean {
  const containers = (spec.initContainers ?? []).map(({ name }) => name);
  const volumes = (spec.volumes ?? []).map(({ name }) => name);
  return (
    [initName, sidecarName].every(
      (name) => containers.filter((one) => one === name).length === 1,
    ) &&
    [bootstrapVolume, tokenVolume].every(
      (name) => volumes.filter((one) => one === name).length === 1,
    )
  );
}

/**
 * The kubelet's calls that an earlier call of this webhook redirected, as noted then; none for a pod that it did not
 * change.
 */
export function readEarlierCalls(pod: AdmittedPod): readonly OriginalProbe[] {
  return wasInjected(pod) ? parseNotedCalls(pod.metadata.annotations?.[originalProbes]) : [];
}

/** The user that an earlier call chose for the sidecar. */
export function readEarlierUser(pod: AdmittedPod): number | undefined {
  if (!wasInjected(pod)) return undefined;
  const sidecar = pod.spec.initContainers?.find(({ name }) => name === sidecarName);
  const user = sidecar?.securityContext?.runAsUser ?? 0;
  const { first, count } = sidecarUsers;
  return user >= first && user < first + count ? user : undefined;
}

/**
 * If one of the two containers, or their order, is not as it has to be: removes both, and returns both corrected for
 * the beginning of the list.
 */
export function renewContainers(
  { spec }: AdmittedPod,
  wanted: readonly [init: object, sidecar: object],
): { readonly removed: readonly PatchOperation[]; readonly added: readonly object[] } {
  const list = spec.initContainers ?? [];
  const at = [initName, sidecarName].map((name) => list.findIndex((one) => one.name === name));
  const [initAt = -1, sidecarAt = -1] = at;
  const found = (index: number): AdmittedContainer | undefined => list[index];
  if (
    initAt < sidecarAt &&
    isIntact(found(initAt), wanted[0]) &&
    isIntact(found(sidecarAt), wanted[1])
  )
    return { removed: [], added: [] };
  const removed = [...at].sort((a, b) => b - a).map((index) => remove('initContainers', index));
  const added = [
    restoreFields(found(initAt), wanted[0]),
    restoreFields(found(sidecarAt), wanted[1]),
  ];
  return { removed, added };
}

/** The same for the volumes, which have no order. */
export function renewVolumes(
  { spec }: AdmittedPod,
  wanted: readonly { readonly name: string }[],
): { readonly removed: readonly PatchOperation[]; readonly added: readonly object[] } {
  const list = spec.volumes ?? [];
  const wrong = wanted
    .map((volume) => ({ volume, at: list.findIndex(({ name }) => name === volume.name) }))
    .filter(({ volume, at }) => !isIntact(list[at], volume));
  const places = wrong.map(({ at }) => at).sort((a, b) => b - a);
  return {
    removed: places.map((index) => remove('volumes', index)),
    added: wrong.map(({ volume }) => volume),
  };
}

function remove(list: string, index: number): PatchOperation {
  return { op: 'remove', path: `/spec/${list}/${index}` };
}
