// Labels and annotations, OSM's where OSM had them, so its manifests work unchanged.

/** Namespace label: the namespace belongs to the mesh of that name. */
export const monitoredBy = 'openservicemesh.io/monitored-by';
/** Namespaces of Kubernetes itself, which are never part of a mesh, whatever their labels say. */
export const systemNamespaces: readonly string[] = [
  'kube-system',
  'kube-public',
  'kube-node-lease',
];
/** Namespace and pod annotation: enabled|yes|true or disabled|no|false. */
export const sidecarInjection = 'openservicemesh.io/sidecar-injection';
/**
 * Namespace label, by existence: the injector leaves the namespace alone; its policies are checked all the same
 * (docs/decisions/0094).
 */
export const ignore = 'openservicemesh.io/ignore';
/** Annotation of a namespace or a pod: its pods are annotated for Prometheus, and their sidecars show metrics. */
export const metrics = 'openservicemesh.io/metrics';
/** Pod annotations that refine traffic interception; comma lists. */
export const outboundPortExclusion = 'openservicemesh.io/outbound-port-exclusion-list';
export const inboundPortExclusion = 'openservicemesh.io/inbound-port-exclusion-list';
export const outboundIpRangeExclusion = 'openservicemesh.io/outbound-ip-range-exclusion-list';
export const outboundIpRangeInclusion = 'openservicemesh.io/outbound-ip-range-inclusion-list';
/** Pod annotation written by the injector: the original probes as JSON (api/probes.ts). */
export const originalProbes = 'weft.dev/original-probes';
/** Pod label written by the injector: the pod carries a sidecar of the mesh of that name. */
export const injectedBy = 'weft.dev/injected-by';
/** Audience of the pod-bound token with which a proxy proves its identity to the control plane. */
export const tokenAudience = 'weft.dev';

/**
 * Label of a Secret that the control plane made for an ingress gateway; its value is the control plane's
 * namespace. No other Secret is written or deleted for one.
 */
export const gatewayOf = 'weft.dev/gateway-of';
/**
 * Label on a Secret that a user made, with the value "true": Weft may send one of its keys to Vault as a token
 * (docs/decisions/0096).
 */
export const sentToVault = 'weft.dev/sent-to-vault';
/** Pod annotation: seconds that a deleted pod's containers go on serving before they get the stop signal. */
export const preStopSeconds = 'weft.dev/pre-stop-seconds';
/** Pod annotation written by the injector: what it could not do for the pod (api/injection-warnings.ts). */
export const injectionWarnings = 'weft.dev/injection-warnings';
/** Pod annotation written by the injector: why a pod that was meant for the mesh has no sidecar. */
export const notInjected = 'weft.dev/not-injected';
