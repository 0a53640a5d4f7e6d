import type { IdentityKey } from './identity.ts';

/** `<namespace>/<name>` of a Kubernetes Service. */
export type ServiceKey = string & { readonly brand: 'ServiceKey' };

export function serviceKey(namespace: string, name: string): ServiceKey {
  return `${namespace}/${name}` as ServiceKey;
}

/** How a port's bytes are read. gRPC is HTTP/2 to Envoy; the tcp protocols are opaque. */
export type Protocol = 'http' | 'grpc' | 'tcp' | 'tcp-server-first';

/** Whether Envoy reads the bytes as HTTP. */
export function isHttp(protocol: Protocol): boolean {
  return protocol === 'http' || protocol === 'grpc';
}

export interface MeshServicePort {
  readonly port: number;
  /** The name in the Service, "" when it has none. */
  readonly name: string;
  readonly protocol: Protocol;
}

/** A Service in a namespace of the mesh, of any type but ExternalName. */
export interface MeshService {
  readonly key: ServiceKey;
  readonly namespace: string;
  readonly name: string;
  /** Cluster IPs, one a family; empty when headless. */
  readonly addresses: readonly string[];
  readonly headless: boolean;
  /** TCP ports only, in the order of the Service. */
  readonly ports: readonly MeshServicePort[];
  /** Identities of the pods behind it, ready or not; sorted, without repetition. */
  readonly accounts: readonly IdentityKey[];
}
