// What operator and control plane must call by the same name: one makes it, the other finds it.

/**
 * Deployment, Service, ServiceAccount, Lease and app.kubernetes.io/name of the control plane, and the field manager of
 * everything that it applies.
 */
export const controlPlaneName = 'weft-control-plane';
/**
 * Role and RoleBinding that are there as long as the MeshConfig that rules: it owns them. Without them the
 * API server calls no webhook of the mesh, whatever became of the processes that answered.
 */
export const meshGrantName = 'weft-mesh';
/** What that Role gives to the control plane's account: a right that nothing but webhooks asks about. */
export const meshGrant = { group: 'weft.dev', resource: 'meshes', verb: 'serve' } as const;
/** ConfigMap in which the control plane publishes its trust bundle, and the key that holds it. */
export const caBundleConfigMap = 'weft-ca-bundle';
export const caBundleKey = 'ca.crt';
/** The same roots in SPIFFE's form, for those who federate. */
export const spiffeBundleKey = 'spiffe-bundle.json';
/** ConfigMap in which the control plane reports its proxies; src/operator/README.md has its form. */
export const proxiesConfigMap = 'weft-proxies';
/** ConfigMap in which the control plane reports on roots and who follows them (certificate-report.ts). */
export const certificatesConfigMap = 'weft-certificates';
/** ConfigMap that sidecars start from, one in each namespace of the mesh. */
export const bootstrapConfigMap = 'weft-bootstrap';
/** Secret with the root key of the mesh, made and read by the control plane alone. */
export const caSecret = 'weft-ca';
/** Secret with the intermediate that an issuer outside of Weft signed for the root of that name. */
export function intermediateSecretOf(root: string): string {
  return `weft-intermediate-${root}`;
}

/** On everything that the control plane makes, so that it can be told from what a user brought. */
export const madeByControlPlane = { label: 'app.kubernetes.io/managed-by', value: 'weft' } as const;
/** On what the control plane makes for a mesh in that mesh's namespaces; its value is the mesh's name. */
export const meshLabel = 'weft.dev/mesh';

/** Ports of the control plane's pods; all but the health port, which is the kubelet's, are its Service's too. */
export const ports = {
  xds: 15128,
  replicas: 15129,
  webhook: 9443,
  health: 9091,
  metrics: 9093,
} as const;

/** Paths of the webhook that gives pods their sidecar, and of the one that judges SMI objects. */
export const injectionPath = '/mutate';
export const validationPath = '/validate';
