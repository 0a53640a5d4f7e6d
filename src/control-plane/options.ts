import { controlPlaneName } from '../api/control-plane-names.ts';
import type { LogLevel } from '../common/logger.ts';

/** The options of a control-plane process. */
export interface ControlPlaneOptions {
  readonly version: string;
  /** A kubeconfig file; undefined inside a cluster. */
  readonly kubeconfig: string | undefined;
  /** Namespace of the MeshConfig, and of the control plane itself. */
  readonly namespace: string;
  readonly meshConfig: string;
  readonly images: { readonly envoy: string; readonly init: string };
  /** This replica's pod; also its name as a contender for leadership. */
  readonly podName: string;
  /** The pod's addresses: whether there is an IPv6 one decides what listeners listen on. */
  readonly podIps: readonly string[];
  readonly clusterDomain: string;
  readonly ports: {
    /** For the sidecars. */
    readonly xds: number;
    /** For the other replicas. */
    readonly replicas: number;
    readonly webhook: number;
    readonly health: number;
    readonly metrics: number;
  };
  /** File with this pod's own token for the audience of the mesh, to ask other replicas for evidence. */
  readonly tokenFile: string;
  /** Called with the level in the MeshConfig, when it is read and when it changes. */
  readonly setLogLevel?: (level: LogLevel | 'off') => void;
  /** The allowed addresses of Vault, as https://host:port. Default: all. */
  readonly vaultAddresses?: readonly string[];
}

/** The control plane's DNS name for sidecars. */
export function controlPlaneHost(options: ControlPlaneOptions): string {
  return `${controlPlaneName}.${options.namespace}.svc.${options.clusterDomain}`;
}

/** Every name on the control plane's certificate. */
export function serverNames(options: ControlPlaneOptions): readonly string[] {
  const short = `${controlPlaneName}.${options.namespace}.svc`;
  return [controlPlaneHost(options), short];
}
