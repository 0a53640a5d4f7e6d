import type { IdentityKey } from './identity.ts';
import type { Protocol, ServiceKey } from './service.ts';

/** A port that a pod serves because some Service selects it. */
export interface ServedPort {
  readonly targetPort: number;
  readonly protocol: Protocol;
  /** The services that select the pod and lead here, sorted. Their names are the SNI of callers. */
  readonly services: readonly ServiceKey[];
}

/** A call, probe or lifecycle hook, that the kubelet sends to the sidecar in place of the application. */
export interface ProbeTarget {
  readonly container: string;
  readonly probe: 'liveness' | 'readiness' | 'startup' | 'postStart' | 'preStop';
  readonly kind: 'http' | 'https' | 'tcp' | 'grpc';
  readonly port: number;
  readonly path: string;
  readonly service: string;
  readonly timeoutSeconds: number;
  /** The headers that an HTTP call declares: the application gets these and no others. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  /** The part of a hook's address that cannot be guessed; "" for probes. */
  readonly key: string;
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
  /** Whether its sidecar shows its statistics to every caller. */
  readonly metrics: boolean;
}
