import type { Namespace } from '../api/core.ts';

/** The fields of MeshConfig `spec.sidecar` that matter when a pod is made. */
export interface SidecarSettings {
  readonly enablePrivilegedInitContainer?: boolean;
  readonly logLevel?: string;
  readonly envoyImage?: string;
  readonly initContainerImage?: string;
  /** A Kubernetes ResourceRequirements. */
  readonly resources?: unknown;
  readonly localProxyMode?: string;
}

/** The fields of MeshConfig `spec.traffic` that matter when a pod is made. */
export interface TrafficSettings {
  readonly outboundIPRangeExclusionList?: readonly string[];
  readonly outboundIPRangeInclusionList?: readonly string[];
  readonly outboundPortExclusionList?: readonly number[];
  readonly inboundPortExclusionList?: readonly number[];
  readonly networkInterfaceExclusionList?: readonly string[];
}

/** All that an injection depends on besides the request itself: one consistent look at the cluster. */
export interface InjectorFacts {
  readonly meshName: string;
  readonly controlPlaneNamespace: string;
  /** Taken where MeshConfig names no image. */
  readonly images: { readonly envoy: string; readonly init: string };
  readonly sidecar: SidecarSettings;
  readonly traffic: TrafficSettings;
  readonly namespace: (name: string) => Namespace | undefined;
}
