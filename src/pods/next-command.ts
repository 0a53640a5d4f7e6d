// Input: a pod whose sidecar is missing or silent. Output: the command that helps, by what made the pod.
// Rule: what stands in it is named by Kubernetes, so that it can be copied. Pure.
import { sidecarInjection } from '../api/labels.ts';
import { sidecarName } from '../injector/names.ts';
import type { LivingPod } from './pod-life.ts';
import { unnamedOwner } from './pod-owner.ts';

/** Makes the pod again, since a sidecar comes only with a new pod. */
export function createAgain({ life: { owner }, metadata }: LivingPod): string {
  const { name, namespace = '' } = metadata;
  if (owner !== undefined && hasTemplate(owner))
    return `kubectl rollout restart ${owner} -n ${namespace}`;
  const gone = `kubectl delete ${isJob(owner) ? owner : `pod/${name}`} -n ${namespace}`;
  return owner === unnamedOwner ? gone : `${gone}, then create it again from its manifest`;
}

/** Sets the annotation where new pods come from; a changed template replaces the pods by itself. */
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

/** Asks for sidecars in the whole namespace, then makes the pod again. */
export function annotateNamespace(pod: LivingPod): string {
  const { namespace = '' } = pod.metadata;
  return `kubectl annotate namespace ${namespace} ${sidecarInjection}=enabled --overwrite; ${createAgain(pod)}`;
}

/** A static pod comes from a file on its node, which no command of kubectl reaches. */
export const optOutStatic = `add the annotation ${sidecarInjection}: disabled to its manifest on its node`;

/** Shows what a sidecar says that runs and does nothing, then makes its pod alone again: it may be frozen. */
export function reviveSidecar({ life: { owner }, metadata }: LivingPod): string {
  const { name, namespace = '' } = metadata;
  const again = owner === undefined ? ', then create it again from its manifest' : '';
  return `kubectl logs -n ${namespace} ${name} -c ${sidecarName}; if that shows nothing new: kubectl delete pod -n ${namespace} ${name}${again}`;
}

/** Of these kubectl can restart all pods and patch the template. */
function hasTemplate(owner: string): boolean {
  return /^(deployment|statefulset|daemonset)\//.test(owner);
}

function isJob(owner: string | undefined): owner is string {
  return owner?.startsWith('job/') === true;
}
