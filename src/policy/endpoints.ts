import type { IdentityKey } from './identity.ts';
import type { ServiceKey } from './service.ts';

/** `<namespace>/<service>|<service port>`: also the name of the Envoy cluster. */
export type PortKey = string & { readonly brand: 'PortKey' };

export function portKey(service: ServiceKey, port: number): PortKey {
  return `${service}|${port}` as PortKey;
}

/** One address behind a service port. A dual-stack pod has one per family. */
export interface Endpoint {
  readonly address: string;
  /** The port the pod listens on (the resolved targetPort). */
  readonly port: number;
  /**
   * The identity that the endpoint's certificate must have; undefined: it has no sidecar, and is called in plaintext.
   */
  readonly account: IdentityKey | undefined;
  /** No pod of the service's namespace has the address, so the address itself is not the service's. */
  readonly outside?: true;
  /**
   * The service's name does not lead there now. Such an endpoint is in the list only where callers may dial its own
   * address, so that they keep their connections to it, as without a mesh.
   */
  readonly unready?: true;
  /** Pod name as DNS knows it below a headless service; "" when it has none. */
  readonly hostname: string;
}

/** Endpoints by service port, sorted by address. They change far more often than the rest. */
export type EndpointMap = ReadonlyMap<PortKey, readonly Endpoint[]>;
