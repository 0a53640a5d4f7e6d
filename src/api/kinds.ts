/** What the API server needs to know to find a kind: its REST path and its apiVersion. */
export interface Kind {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** A namespaced kind. */
export function kind(apiVersion: string, name: string, plural: string): Kind {
  const slash = apiVersion.lastIndexOf('/');
  return {
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind: name,
    plural,
    namespaced: true,
  };
}

function clusterKind(apiVersion: string, name: string, plural: string): Kind {
  return { ...kind(apiVersion, name, plural), namespaced: false };
}

/** The kinds that Weft reads or writes, without the kinds of policies (policy-kinds.ts). */
export const kinds = {
  namespace: clusterKind('v1', 'Namespace', 'namespaces'),
  pod: kind('v1', 'Pod', 'pods'),
  podTemplate: kind('v1', 'PodTemplate', 'podtemplates'),
  service: kind('v1', 'Service', 'services'),
  serviceAccount: kind('v1', 'ServiceAccount', 'serviceaccounts'),
  secret: kind('v1', 'Secret', 'secrets'),
  configMap: kind('v1', 'ConfigMap', 'configmaps'),
  event: kind('events.k8s.io/v1', 'Event', 'events'),
  lease: kind('coordination.k8s.io/v1', 'Lease', 'leases'),
  endpointSlice: kind('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices'),
  deployment: kind('apps/v1', 'Deployment', 'deployments'),
  podDisruptionBudget: kind('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  horizontalPodAutoscaler: kind(
    'autoscaling/v2',
    'HorizontalPodAutoscaler',
    'horizontalpodautoscalers',
  ),
  role: kind('rbac.authorization.k8s.io/v1', 'Role', 'roles'),
  roleBinding: kind('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'),
  clusterRole: clusterKind('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles'),
  clusterRoleBinding: clusterKind(
    'rbac.authorization.k8s.io/v1',
    'ClusterRoleBinding',
    'clusterrolebindings',
  ),
  mutatingWebhookConfiguration: clusterKind(
    'admissionregistration.k8s.io/v1',
    'MutatingWebhookConfiguration',
    'mutatingwebhookconfigurations',
  ),
  validatingWebhookConfiguration: clusterKind(
    'admissionregistration.k8s.io/v1',
    'ValidatingWebhookConfiguration',
    'validatingwebhookconfigurations',
  ),
  tokenReview: clusterKind('authentication.k8s.io/v1', 'TokenReview', 'tokenreviews'),
  subjectAccessReview: clusterKind(
    'authorization.k8s.io/v1',
    'SubjectAccessReview',
    'subjectaccessreviews',
  ),
  meshConfig: kind('config.openservicemesh.io/v1alpha2', 'MeshConfig', 'meshconfigs'),
  meshRootCertificate: kind(
    'config.openservicemesh.io/v1alpha2',
    'MeshRootCertificate',
    'meshrootcertificates',
  ),
  certificateRequest: kind('cert-manager.io/v1', 'CertificateRequest', 'certificaterequests'),
} as const satisfies Record<string, Kind>;

/** "group/version", or just the version for the core group: what `apiVersion` says in an object. */
export function apiVersionOf(of: Kind): string {
  return of.group === '' ? of.version : `${of.group}/${of.version}`;
}
