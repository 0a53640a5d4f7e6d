/**
 * A kubelet probe of one container before the injector rewrote it, as kept in the pod's
 * `weft.dev/original-probes` annotation (a JSON array) and served by the sidecar's probe listeners.
 */
export interface OriginalProbe {
  readonly container: string;
  readonly probe: 'liveness' | 'readiness' | 'startup';
  readonly kind: 'http' | 'https' | 'tcp' | 'grpc';
  /** The application's own port, resolved to a number. */
  readonly port: number;
  /** HTTP path, "/" when the probe gave none; unused for tcp and grpc. */
  readonly path: string;
  /** gRPC service name; "" for the server as a whole. */
  readonly service: string;
  readonly timeoutSeconds: number;
}
