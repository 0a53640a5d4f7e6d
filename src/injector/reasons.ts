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
  | 'already-injected';

/** What to tell people, and whether to tell them unasked: when the pod was meant to be in the mesh. */
export interface Reason {
  readonly sentence: string;
  readonly surprising: boolean;
}

const surprise = (sentence: string): Reason => ({ sentence, surprising: true });
const expected = (sentence: string): Reason => ({ sentence, surprising: false });

/** A sentence for each reason; it says what would have to change. */
export const reasons: Readonly<Record<SkipReason, Reason>> = {
  'host-network': surprise(
    'it uses the host network, whose traffic must not be redirected; set hostNetwork: false',
  ),
  windows: surprise('it runs on Windows, where traffic cannot be redirected to a sidecar'),
  'static-pod': surprise('it mirrors a static pod, which the API server cannot change'),
  'system-namespace': expected('kube-system and kube-public are never part of a mesh'),
  'control-plane-namespace': expected("the mesh's own namespace is never part of the mesh"),
  'namespace-ignored': expected('its namespace has the label openservicemesh.io/ignore'),
  'namespace-not-in-mesh': expected(
    'its namespace has no label openservicemesh.io/monitored-by with the name of this mesh',
  ),
  'disabled-by-pod': expected('its annotation openservicemesh.io/sidecar-injection says so'),
  'disabled-by-namespace': expected(
    "its namespace's annotation openservicemesh.io/sidecar-injection says so",
  ),
  'not-enabled': expected(
    'neither it nor its namespace has the annotation openservicemesh.io/sidecar-injection: enabled',
  ),
  'already-injected': surprise('it has one already'),
};
