import type { IdentityKey } from './identity.ts';
import type { ServiceKey } from './service.ts';

/** `<namespace>/<service>|<service port>`: also the name of the Envoy cluster. */
export type PortKey = string & { readonly brand: 'PortKey' };

export function portKey(service: ServiceKey, port: number): PortKey {
  return `${service}|${port}` as PortKey;
}

/** One ready address behind a service port. A dual-stack pod has one per family. */
export interface Endpoint {
  readonly address: string;
  /** The port the pod listens on (the resolved targetPort). */
  readonly port: number;
  readonly account: IdentityKey;
  /** Pod name as DNS knows it below a headless service; "" when it has none. */
  readonly hostname: string;
}

/** Ready endpoints by service port, sorted by address. They change far more often than the rest. */
export type EndpointMap = ReadonlyMap<PortKey, readonly Endpoint[]>;
