/** Why a pod is left without a sidecar. */
export type SkipReason =
  | 'host-network'
  | 'windows'
  | 'static-pod'
  | 'system-namespace'
  | 'control-plane-namespace'
  | 'namespace-ignored'
  | 'namespace-not-in-mesh'
  | 'disabled-by-pod'
  | 'disabled-by-namespace'
  | 'not-enabled'
  | 'label-of-pod'
  | 'label-of-namespace';

/** The sentence for users, and whether to show it unasked: when the pod was meant to be in the mesh. */
export interface InjectionReason {
  readonly sentence: string;
  readonly warnUser: boolean;
}

const warning = (sentence: string): InjectionReason => ({ sentence, warnUser: true });
const silent = (sentence: string): InjectionReason => ({ sentence, warnUser: false });

/** A sentence for each reason; it says what would have to change. */
export const reasons: Readonly<Record<SkipReason, InjectionReason>> = {
  'host-network': warning(
    'it uses the host network, whose traffic must not be redirected; set hostNetwork: false',
  ),
  windows: warning('it runs on Windows, where traffic cannot be redirected to a sidecar'),
  'static-pod': warning('it is the mirror of a static pod, which the API server cannot change'),
  'system-namespace': silent('the namespaces of Kubernetes itself are never part of a mesh'),
  'control-plane-namespace': silent("the mesh's own namespace is never part of the mesh"),
  'namespace-ignored': silent('its namespace has the label openservicemesh.io/ignore'),
  'namespace-not-in-mesh': silent(
    'its namespace has no label openservicemesh.io/monitored-by with the name of this mesh',
  ),
  'disabled-by-pod': silent('its annotation openservicemesh.io/sidecar-injection disables it'),
  'disabled-by-namespace': silent(
    "its namespace's annotation openservicemesh.io/sidecar-injection disables it",
  ),
  'label-of-pod': warning(
    'it has openservicemesh.io/sidecar-injection as a label: make it an annotation of the pod template',
  ),
  'label-of-namespace': warning(
    'its namespace has openservicemesh.io/sidecar-injection as a label: make it an annotation',
  ),
  'not-enabled': silent(
    'neither it nor its namespace has the annotation openservicemesh.io/sidecar-injection: enabled',
  ),
};
