import type { IdentityKey } from './identity.ts';
import type { Protocol, ServiceKey } from './service.ts';

/** A port that a pod serves because some Service selects it. */
export interface ServedPort {
  readonly targetPort: number;
  readonly protocol: Protocol;
  /**
   * The services that lead here, sorted: their names are the SNI and the hosts clients use. Those
   * that select the pod, and the apexes of splits that have one of them as backend.
   */
  readonly services: readonly ServiceKey[];
}

/** A probe that the kubelet sends to the sidecar in place of the application. */
export interface ProbeTarget {
  readonly container: string;
  readonly probe: 'liveness' | 'readiness' | 'startup';
  readonly kind: 'http' | 'https' | 'tcp' | 'grpc';
  readonly port: number;
  readonly path: string;
  readonly service: string;
  readonly timeoutSeconds: number;
}

/** A pod with a sidecar of this mesh. */
export interface Workload {
  /** `<namespace>/<pod name>`. */
  readonly pod: string;
  readonly uid: string;
  readonly account: IdentityKey;
  /** Sorted by target port, then protocol. */
  readonly served: readonly ServedPort[];
  readonly probes: readonly ProbeTarget[];
}
