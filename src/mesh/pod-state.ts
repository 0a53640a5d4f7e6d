import type { Pod } from '../api/core.ts';
import { injectedBy } from '../api/labels.ts';

/**
 * A pod whose containers ended for good serves nobody and has no proxy. Its phase alone does not say it:
 * whoever may write its status could bring it back, with the address that another pod has by now.
 */
export function isFinished({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' || status?.ended === true;
}

/** Whether a pod is on a node and not finished: no other has an address. */
export function isPlaced(pod: Pod): boolean {
  return (pod.spec.nodeName ?? '') !== '' && !isFinished(pod);
}

/** A pod that is being deleted: its address may already be another's. */
export function isTerminating({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** Whether a pod carries a sidecar of the mesh of that name, and may still use it. */
export function isWorkload(pod: Pod, meshName: string): boolean {
  const { labels, uid } = pod.metadata;
  return labels?.[injectedBy] === meshName && uid !== undefined && !isFinished(pod);
}

/** A pod on its node's network has no address that is the pod's alone. */
export function onHostNetwork(pod: Pod): boolean {
  return pod.spec.hostNetwork === true;
}
