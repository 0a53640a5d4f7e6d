// Names that the operator and the control plane share: one creates the object, the other finds it.

/**
 * Deployment, Service, ServiceAccount, Lease and app.kubernetes.io/name of the control plane, and the field manager of
 * everything that it applies.
 */
export const controlPlaneName = 'weft-control-plane';
/** The control plane's name as the reporter of Events and in statuses that several controllers share. */
export const controllerName = 'weft.dev/control-plane';
/**
 * Role and RoleBinding that exist as long as the MeshConfig in force, which owns them. Without them the API server
 * calls no webhook of the mesh, whether or not the processes that answer still run.
 */
export const meshGrantName = 'weft-mesh';
/** The right that this Role gives to the control plane's account. Only webhooks ask about it. */
export const meshGrant = { group: 'weft.dev', resource: 'meshes', verb: 'serve' } as const;
/** ConfigMap in which the control plane publishes its trust bundle, and the key that holds it. */
export const caBundleConfigMap = 'weft-ca-bundle';
export const caBundleKey = 'ca.crt';
/** The same roots as a SPIFFE bundle, for federation with other trust domains. */
export const spiffeBundleKey = 'spiffe-bundle.json';
/** ConfigMap in which the control plane reports its proxies; src/operator/README.md has its form. */
export const proxiesConfigMap = 'weft-proxies';
/**
 * ConfigMap in which the control plane reports on roots and on the proxies that follow them (certificate-report.ts).
 */
export const certificatesConfigMap = 'weft-certificates';
/** ConfigMap that sidecars start from, one in each namespace of the mesh. */
export const bootstrapConfigMap = 'weft-bootstrap';
/** Secret with the root key of the mesh, made and read by the control plane alone. */
export const caSecret = 'weft-ca';
/** Secret with the intermediate that an issuer outside of Weft signed for the root of that name. */
export function intermediateSecretOf(root: string): string {
  return `weft-intermediate-${root}`;
}

/** Label on every object that the control plane makes; it distinguishes them from users' objects. */
export const madeByControlPlane = { label: 'app.kubernetes.io/managed-by', value: 'weft' } as const;
/** Label on the objects that the control plane makes in the namespaces of a mesh; its value is the mesh's name. */
export const meshLabel = 'weft.dev/mesh';

/** Ports of the control plane's pods. Its Service has all of them but the health port, which the kubelet calls. */
export const ports = {
  xds: 15128,
  replicas: 15129,
  webhook: 9443,
  health: 9091,
  metrics: 9093,
} as const;

/** Paths of the webhook that injects sidecars, and of the webhook that validates SMI objects. */
export const injectionPath = '/mutate';
export const validationPath = '/validate';
