// Input: the metadata of a pod. Output: who makes the pod again when it goes. Pure and total.
import { type Fields, records, text, textMap } from '../cluster/read.ts';

/** What a pod has that its owner, of a kind that is not known here, makes again once it is deleted. */
export const unnamedOwner = 'other';

const kinds: Readonly<Record<string, string>> = {
  'apps/StatefulSet': 'statefulset',
  'apps/DaemonSet': 'daemonset',
  'batch/Job': 'job',
};

/** A name may stand in a command that a person copies: so it is one that Kubernetes gives its own kinds. */
const usualName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * `<kind>/<name>` as kubectl takes it: deployment, statefulset, daemonset or job; `other` for what else
 * controls the pod; undefined for a pod that nothing makes again.
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

/** A Deployment names its ReplicaSets by its own name and the hash that it gives their pods as a label. */
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
