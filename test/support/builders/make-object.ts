import type { EndpointSlice, Namespace, Pod, Service, ServicePort } from '../../../src/api/core.ts';
import { injectedBy, monitoredBy } from '../../../src/api/labels.ts';

/** What every builder takes: where the object is, and what its metadata says beyond that. */
export interface Named {
  readonly name?: string;
  readonly namespace?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Metadata as the API server would have it. */
export function makeMetadata(named: Named, fallback: string): Pod['metadata'] {
  const { name = fallback, namespace = 'shop', labels = {}, annotations = {} } = named;
  return {
    name,
    namespace,
    uid: `uid-${namespace}-${name}`,
    generation: named.generation ?? 1,
    creationTimestamp: named.creationTimestamp ?? '2026-01-01T00:00:00Z',
    labels,
    annotations,
  };
}

/** A namespace of mesh "osm", unless its labels say otherwise. */
export function makeNamespace(
  name = 'shop',
  labels: Readonly<Record<string, string>> = { [monitoredBy]: 'osm' },
): Namespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, uid: `uid-${name}`, labels } };
}

export interface PodOptions extends Named {
  /** Its ServiceAccount; the label `app` says the same. */
  readonly account?: string;
  readonly ip?: string;
  /** Whether it has a sidecar of mesh "osm". */
  readonly sidecar?: boolean;
  readonly ports?: Readonly<Record<string, number>>;
  readonly phase?: string;
}

/** A running pod with a sidecar, labelled `app: <account>`. */
export function makePod(options: PodOptions = {}): Pod {
  const {
    account = 'cart',
    ip = '10.0.0.1',
    sidecar = true,
    ports = {},
    phase = 'Running',
  } = options;
  const labels = { app: account, ...(sidecar ? { [injectedBy]: 'osm' } : {}), ...options.labels };
  const containerPorts = Object.entries(ports).map(([name, containerPort]) => ({
    name,
    containerPort,
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: makeMetadata({ ...options, labels }, `${account}-1`),
    spec: {
      nodeName: 'node-1',
      serviceAccountName: account,
      containers: [{ name: 'app', ports: containerPorts }],
    },
    status: { phase, podIP: ip, podIPs: [{ ip }] },
  };
}

export interface ServiceOptions extends Named {
  readonly app?: string;
  readonly ports?: readonly ServicePort[];
  readonly clusterIP?: string;
}

/** A cluster IP for each service, as an API server gives them out; shop/cart has 10.96.0.1. */
function ownClusterIp({ namespace = 'shop', name = 'cart' }: Named): string {
  if (namespace === 'shop' && name === 'cart') return '10.96.0.1';
  let hash = 0;
  for (const letter of `${namespace}/${name}`) hash = (hash * 31 + letter.charCodeAt(0)) % 65_536;
  return `10.97.${hash >> 8}.${hash & 255}`;
}

/** A service on port 80 that selects `app: <app>`, which is its name unless said otherwise. */
export function makeService(options: ServiceOptions = {}): Service {
  const { name = 'cart', app = name, ports = [{ port: 80 }] } = options;
  const { clusterIP = ownClusterIp(options) } = options;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: makeMetadata(options, name),
    spec: { clusterIP, clusterIPs: [clusterIP], ports, selector: { app } },
  };
}

export interface SliceOptions extends Named {
  readonly service?: string;
  readonly ports?: EndpointSlice['ports'];
  readonly addressType?: EndpointSlice['addressType'];
  /** Pods by name, with the address of each. */
  readonly pods?: Readonly<Record<string, string>>;
  readonly conditions?: NonNullable<EndpointSlice['endpoints']>[number]['conditions'] & object;
}

/** An EndpointSlice of a service, on port 80 unless said otherwise. */
export function makeEndpointSlice(options: SliceOptions = {}): EndpointSlice {
  const { service = 'cart', ports = [{ name: '', port: 80, protocol: 'TCP' }] } = options;
  const { pods = { 'cart-1': '10.0.0.1' }, conditions = { ready: true } } = options;
  const labels = { 'kubernetes.io/service-name': service };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: makeMetadata({ ...options, labels }, `${service}-1`),
    addressType: options.addressType ?? 'IPv4',
    endpoints: Object.entries(pods).map(([name, address]) => ({
      addresses: [address],
      conditions,
      targetRef: { kind: 'Pod', name },
    })),
    ports,
  };
}

/** The same Service without a selector: its EndpointSlices are written by hand. */
export function withoutSelector(service: Service): Service {
  const spec = Object.entries(service.spec).filter(([field]) => field !== 'selector');
  return { ...service, spec: Object.fromEntries(spec) };
}
