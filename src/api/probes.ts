/** A header that a probe or hook declares: its `httpHeaders`. */
export interface DeclaredHeader {
  readonly name: string;
  readonly value: string;
}

export type ProbeName = 'liveness' | 'readiness' | 'startup';
export type HookName = 'postStart' | 'preStop';

/**
 * A call of the kubelet to one container, a probe or a lifecycle hook, before the injector rewrote it:
 * kept in the pod's `weft.dev/original-probes` annotation (a JSON array), served by the sidecar.
 */
export interface OriginalProbe {
  readonly container: string;
  readonly probe: ProbeName | HookName;
  /** Hooks are http or https. */
  readonly kind: 'http' | 'https' | 'tcp' | 'grpc';
  /** The application's own port, resolved to a number. */
  readonly port: number;
  /** HTTP path, "/" when the probe gave none; unused for tcp and grpc. */
  readonly path: string;
  /** gRPC service name; "" for the server as a whole. */
  readonly service: string;
  readonly timeoutSeconds: number;
  /** The only headers that the application gets with an HTTP call; headers that the caller adds are dropped. */
  readonly headers: readonly DeclaredHeader[];
  /** The part of a hook's address that is known only to users with the right to read the pod; "" for probes. */
  readonly key: string;
}

/** What RFC 9110 takes as the name of a header. */
export function isHeaderName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(name);
}

/** What can be sent as the value of a header: no control characters but the tab. */
export function isHeaderValue(value: string): boolean {
  return value.length <= 16_384 && value.isWellFormed() && !/[\0-\x08\x0a-\x1f\x7f]/.test(value);
}
