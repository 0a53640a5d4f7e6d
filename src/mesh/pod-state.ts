import type { Pod } from '../api/core.ts';
import { injectedBy } from '../api/labels.ts';

/**
 * Whether a pod's containers ended for good, so that it serves no calls and has no proxy. The phase alone is no proof:
 * a user with the right to write the status could change it back, with an address that another pod has since got.
 */
export function isFinished({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' || status?.ended === true;
}

/** Whether a pod is on a node and not finished: only such a pod has an address. */
export function isPlaced(pod: Pod): boolean {
  return (pod.spec.nodeName ?? '') !== '' && !isFinished(pod);
}

/** Whether a pod is being deleted: another pod may have its address already. */
export function isTerminating({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** Whether a pod carries a sidecar of the mesh of that name, and may still use it. */
export function isWorkload(pod: Pod, meshName: string): boolean {
  const { labels, uid } = pod.metadata;
  return labels?.[injectedBy] === meshName && uid !== undefined && !isFinished(pod);
}

/** Whether a pod is on its node's network: it shares its address with the node. */
export function onHostNetwork(pod: Pod): boolean {
  return pod.spec.hostNetwork === true;
}
