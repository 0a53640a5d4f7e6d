// Input: the metadata of a pod. Output: the owner that recreates the pod when it is deleted. Pure and total.
import { type Fields, records, text, textMap } from '../common/read.ts';

/** The owner of a pod that a controller of an unknown kind recreates. */
export const unnamedOwner = 'other';

const kinds: Readonly<Record<string, string>> = {
  'apps/StatefulSet': 'statefulset',
  'apps/DaemonSet': 'daemonset',
  'batch/Job': 'job',
};

/** The form of a name that may be put into a command for people to copy: that of Kubernetes' own kinds. */
const usualName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * `<kind>/<name>` as kubectl takes it: deployment, statefulset, daemonset or job; `other` for any other controller;
 * undefined for a pod that no controller recreates.
 */
export function ownerOf(metadata: Fields): string | undefined {
  const owner = records(metadata['ownerReferences'])?.find((one) => one['controller'] === true);
  if (owner === undefined) return undefined;
  const [group = ''] = (text(owner['apiVersion']) ?? '').split('/');
  const kind = `${group}/${text(owner['kind']) ?? ''}`;
  const name = text(owner['name']) ?? '';
  if (kind === 'apps/ReplicaSet') return deploymentOf(name, metadata);
  return named(kinds[kind], name);
}

/** The Deployment of a ReplicaSet, whose name is the Deployment's name and the hash in the label of the pods. */
function deploymentOf(replicaSet: string, metadata: Fields): string {
  const hash = textMap(metadata['labels'])?.['pod-template-hash'];
  const end = `-${hash ?? ''}`;
  return hash !== undefined && replicaSet.endsWith(end)
    ? named('deployment', replicaSet.slice(0, -end.length))
    : unnamedOwner;
}

function named(kind: string | undefined, name: string): string {
  return kind !== undefined && usualName.test(name) ? `${kind}/${name}` : unnamedOwner;
}
