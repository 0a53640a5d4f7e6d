import type { Pod, Service, ServicePort } from '../api/core.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { identityKey, type IdentityKey } from '../policy/identity.ts';
import {
  type MeshService,
  type MeshServicePort,
  type Protocol,
  serviceKey,
} from '../policy/service.ts';
import { warn } from './diagnose.ts';

export interface CompiledService {
  readonly service: MeshService;
  readonly diagnostics: readonly Diagnostic[];
}

/** A Service in the mesh's words. `pods` are those behind it. */
export function compileService(object: Service, pods: readonly Pod[]): CompiledService {
  const { name, namespace = '' } = object.metadata;
  const { clusterIP, clusterIPs, ports = [] } = object.spec;
  const addresses = (clusterIPs ?? [clusterIP ?? '']).filter((ip) => ip !== '' && ip !== 'None');
  const tcp = ports.filter(isTcp);
  return {
    service: {
      key: serviceKey(namespace, name),
      namespace,
      name,
      addresses,
      headless: clusterIP === 'None',
      ports: tcp.map(compilePort),
      accounts: accountsOf(pods),
    },
    diagnostics: ports.flatMap((port) => portDiagnostics(object, port)),
  };
}

/** Who a pod is: its ServiceAccount, "default" when it names none, as Kubernetes has it. */
export function accountOf(pod: Pod): IdentityKey {
  const serviceAccount = pod.spec.serviceAccountName ?? '';
  return identityKey({
    namespace: pod.metadata.namespace ?? '',
    serviceAccount: serviceAccount === '' ? 'default' : serviceAccount,
  });
}

/** Whether the mesh carries the port: TCP, which is also what a port says that says nothing. */
export function isTcp(port: { readonly protocol?: string }): boolean {
  return (port.protocol ?? 'TCP') === 'TCP';
}

/** How a port's bytes are to be understood: appProtocol, else the prefix of its name, else HTTP. */
export function protocolOf(port: ServicePort): Protocol {
  const declared = port.appProtocol?.toLowerCase() ?? '';
  if (declared !== '') return applicationProtocols.get(declared) ?? 'tcp';
  const prefix = namePrefixes.find(([start]) => port.name?.startsWith(start));
  return prefix?.[1] ?? 'http';
}

const applicationProtocols: ReadonlyMap<string, Protocol> = new Map([
  ['http', 'http'],
  ['kubernetes.io/ws', 'http'],
  ['grpc-web', 'http'],
  ['grpc', 'grpc'],
  ['h2c', 'grpc'],
  ['http2', 'grpc'],
  ['kubernetes.io/h2c', 'grpc'],
  ['tcp', 'tcp'],
  ['https', 'tcp'],
  ['tls', 'tcp'],
  ['kubernetes.io/wss', 'tcp'],
  ['tcp-server-first', 'tcp-server-first'],
]);

const namePrefixes: readonly (readonly [string, Protocol])[] = [
  ['tcp-server-first-', 'tcp-server-first'],
  ['http-', 'http'],
  ['tcp-', 'tcp'],
  ['grpc-', 'grpc'],
];

function compilePort(port: ServicePort): MeshServicePort {
  return { port: port.port, name: port.name ?? '', protocol: protocolOf(port) };
}

function accountsOf(pods: readonly Pod[]): readonly IdentityKey[] {
  return [...new Set(pods.map(accountOf))].sort();
}

function portDiagnostics(object: Service, port: ServicePort): readonly Diagnostic[] {
  if (!isTcp(port)) {
    return [
      warn(
        object,
        'service-port-unsupported',
        `port ${port.port} is ${port.protocol ?? ''}: the mesh carries TCP only, so it goes around the mesh without mTLS and policy`,
      ),
    ];
  }
  const declared = port.appProtocol?.toLowerCase() ?? '';
  if (declared === '' || applicationProtocols.has(declared)) return [];
  return [
    warn(
      object,
      'service-protocol-unsupported',
      `port ${port.port} has appProtocol ${declared}, which Weft does not know: it is carried as opaque TCP; set http, grpc, tcp or tcp-server-first to say how to read it`,
    ),
  ];
}
