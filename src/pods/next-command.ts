// Input: a pod whose sidecar is missing or silent. Output: the command that helps, by the kind of the pod's owner.
// Rule: every name in it has the form of a Kubernetes name, so that it is safe to copy. Pure.
import { sidecarInjection } from '../api/labels.ts';
import { sidecarName } from '../injector/names.ts';
import type { LivingPod } from './pod-life.ts';
import { unnamedOwner } from './pod-owner.ts';

/** Recreates the pod, since only a new pod gets a sidecar. */
export function createAgain({ life: { owner }, metadata }: LivingPod): string {
  const { name, namespace = '' } = metadata;
  if (owner !== undefined && hasTemplate(owner))
    return `kubectl rollout restart ${owner} -n ${namespace}`;
  const gone = `kubectl delete ${isJob(owner) ? owner : `pod/${name}`} -n ${namespace}`;
  return owner === unnamedOwner ? gone : `${gone}, then create it again from its manifest`;
}

/** Sets the annotation in the template of new pods; the owner then replaces the pods automatically. */
export function annotateTemplate(pod: LivingPod, value: 'enabled' | 'disabled'): string {
  const { life, metadata } = pod;
  const { name, namespace = '' } = metadata;
  if (life.owner !== undefined && hasTemplate(life.owner)) {
    const annotations = { [sidecarInjection]: value };
    const patch = JSON.stringify({ spec: { template: { metadata: { annotations } } } });
    return `kubectl patch ${life.owner} -n ${namespace} -p '${patch}'`;
  }
  const annotate = `kubectl annotate pod/${name} -n ${namespace} ${sidecarInjection}=${value} --overwrite`;
  return value === 'disabled'
    ? `${annotate}, and the same in the manifest that it comes from`
    : `add the annotation ${sidecarInjection}: ${value} to the manifest that it comes from; ${createAgain(pod)}`;
}

/** Asks for sidecars in the whole namespace, then recreates the pod. */
export function annotateNamespace(pod: LivingPod): string {
  const { namespace = '' } = pod.metadata;
  return `kubectl annotate namespace ${namespace} ${sidecarInjection}=enabled --overwrite; ${createAgain(pod)}`;
}

/** A static pod comes from a file on its node, which no command of kubectl reaches. */
export const optOutStatic = `add the annotation ${sidecarInjection}: disabled to its manifest on its node`;

/** Shows the log of a sidecar that runs and does nothing, then recreates its pod: it may be frozen. */
export function reviveSidecar({ life: { owner }, metadata }: LivingPod): string {
  const { name, namespace = '' } = metadata;
  const again = owner === undefined ? ', then create it again from its manifest' : '';
  return `kubectl logs -n ${namespace} ${name} -c ${sidecarName}; if that shows nothing new: kubectl delete pod -n ${namespace} ${name}${again}`;
}

/** Whether kubectl can restart all pods of such an owner and patch its template. */
function hasTemplate(owner: string): boolean {
  return /^(deployment|statefulset|daemonset)\//.test(owner);
}

function isJob(owner: string | undefined): owner is string {
  return owner?.startsWith('job/') === true;
}
