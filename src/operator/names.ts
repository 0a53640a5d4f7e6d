/** What the operator's objects are called, in the namespace of the MeshConfig and in the cluster. */
export const controlPlaneName = 'weft-control-plane';
/** ConfigMap in which the control plane publishes its trust bundle, and the key that holds it. */
export const caBundleConfigMap = 'weft-ca-bundle';
export const caBundleKey = 'ca.crt';
/** ConfigMap in which the control plane reports its proxies; README.md has its form. */
export const proxiesConfigMap = 'weft-proxies';
/** Secret with the root key of the mesh, made and read by the control plane alone. */
export const caSecret = 'weft-ca';
/** ConfigMap that sidecars start from, one in each namespace of the mesh. */
export const bootstrapConfigMap = 'weft-bootstrap';

export const fieldManager = 'weft-operator';
export const operatorLease = 'weft-operator';
export const finalizer = 'weft.dev/operator';

/** On everything the operator makes, and on nothing else: what carries it and is not wanted is removed. */
export const ownedLabels = { 'app.kubernetes.io/managed-by': 'weft-operator' } as const;
export const ownedSelector = 'app.kubernetes.io/managed-by=weft-operator';
/** On what the control plane makes for a mesh in that mesh's namespaces. */
export const meshLabel = 'weft.dev/mesh';

/** On what the control plane makes, so that it can be told from what a user brought. */
export const madeByControlPlane = { label: 'app.kubernetes.io/managed-by', value: 'weft' } as const;

/** Ports of the control plane's pods and, but for the last, of its Service. */
export const ports = { xds: 15128, webhook: 9443, metrics: 9091 } as const;

/** Selects the control plane's pods. A Deployment's selector cannot change, so neither may this. */
export const podLabels = { 'app.kubernetes.io/name': controlPlaneName } as const;
