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
  /** Who proves by certificate to be there; undefined: there is no sidecar, and plaintext is spoken. */
  readonly account: IdentityKey | undefined;
  /** No pod of the service's namespace has the address, so the address itself is not the service's. */
  readonly outside?: true;
  /**
   * The service's name does not lead there now. It stands in the list only where its own address may be
   * dialled, so that who did so before keeps the connection, as without a mesh.
   */
  readonly unready?: true;
  /** Pod name as DNS knows it below a headless service; "" when it has none. */
  readonly hostname: string;
}

/** Endpoints by service port, sorted by address. They change far more often than the rest. */
export type EndpointMap = ReadonlyMap<PortKey, readonly Endpoint[]>;
