/** The parts of MeshConfig that shape proxies' configuration. */
export interface MeshSettings {
  /** DNS suffix of the cluster, "cluster.local" almost everywhere. */
  readonly clusterDomain: string;
  /** True: TrafficTargets are ignored, every workload of the mesh may call every other workload. */
  readonly permissive: boolean;
  /** True: destinations outside the mesh are reachable. */
  readonly egress: boolean;
  /** How a path regex is anchored: SMI's text (start only) or OSM's reading (the whole path). */
  readonly pathMatch: 'Prefix' | 'Full';
  /** Whether pods have IPv6 addresses, so that listeners need both families. */
  readonly ipv6: boolean;
  readonly tls: {
    /** Envoy's names: TLS_AUTO, TLSv1_2, … */
    readonly minProtocolVersion: string;
    readonly maxProtocolVersion: string;
    readonly cipherSuites: readonly string[];
    readonly ecdhCurves: readonly string[];
  };
}
