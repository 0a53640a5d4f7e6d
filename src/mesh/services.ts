import type { Pod, Service, ServicePort } from '../api/core.ts';
import { serviceAccountNameOf } from '../api/service-account-name.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { identityKey, type IdentityKey } from '../policy/identity.ts';
import { type MeshService, type MeshServicePort, serviceKey } from '../policy/service.ts';
import { isSidecarPort } from '../common/sidecar-ports.ts';
import { serviceAddresses } from './address-book.ts';
import { type LostAddress, lostDiagnostics } from './cluster-ips.ts';
import { refuse } from '../cluster/diagnose.ts';
import type { Behind } from './behind.ts';
import { ignoredFields } from './ignored-fields.ts';
import { portFaults } from './port-faults.ts';
import { protocolOf } from './protocol.ts';
import { protocolConflicts } from './protocol-conflicts.ts';
import { isTcp, targetPorts } from './target-port.ts';

export interface CompiledService {
  readonly service: MeshService;
  readonly diagnostics: readonly Diagnostic[];
}

export interface ServiceInput {
  readonly behind: Behind;
  /** Addresses of the object that do not count. */
  readonly lost: readonly LostAddress[];
  /** Whether a pod has a sidecar of this mesh. */
  readonly hasSidecar: (pod: Pod) => boolean;
}

/** A Service in the mesh's words. */
export function compileService(
  object: Service,
  { behind, lost, hasSidecar }: ServiceInput,
): CompiledService {
  const { name, namespace = '' } = object.metadata;
  const { clusterIP, ports = [] } = object.spec;
  const isLost = (ip: string): boolean => lost.some(({ address }) => address === ip);
  const tcp = distinctPorts(ports.filter(isTcp));
  const withSidecar = behind.pods.filter(hasSidecar);
  return {
    service: {
      key: serviceKey(namespace, name),
      namespace,
      name,
      addresses: serviceAddresses(object).filter((ip) => !isLost(ip)),
      headless: clusterIP === 'None',
      ports: tcp.map(compilePort),
      accounts: accountsOf(behind.pods),
    },
    diagnostics: [
      ...ports.flatMap((port) => portFaults(object, port)),
      ...tcp.flatMap((port) => reservedPort(object, port, { pods: withSidecar, behind })),
      ...lostDiagnostics(object, lost),
      ...protocolConflicts(object, tcp, behind),
      ...ignoredFields(object),
    ],
  };
}

/** Each port number once, as for the API server: of two ports with one number the first counts. */
function distinctPorts(ports: readonly ServicePort[]): readonly ServicePort[] {
  return ports.filter(({ port }, index) => ports.findIndex((one) => one.port === port) === index);
}

/** A pod's identity: that of its ServiceAccount. */
export function accountOf(pod: Pod): IdentityKey {
  return identityKey({
    namespace: pod.metadata.namespace ?? '',
    serviceAccount: serviceAccountNameOf(pod),
  });
}

function compilePort(port: ServicePort): MeshServicePort {
  return { port: port.port, name: port.name ?? '', protocol: protocolOf(port) };
}

function accountsOf(pods: readonly Pod[]): readonly IdentityKey[] {
  return [...new Set(pods.map(accountOf))].sort();
}

/**
 * The sidecar's ports lead to its administration and its own listeners, so no service may lead there
 * (docs/decisions/0077).
 */
function reservedPort(
  object: Service,
  port: ServicePort,
  { pods, behind }: { readonly pods: readonly Pod[]; readonly behind: Behind },
): readonly Diagnostic[] {
  const targets = new Set(pods.flatMap((pod) => targetPorts(pod, port, behind)));
  return [...targets]
    .filter(isSidecarPort)
    .map((target) =>
      refuse(
        object,
        'service-port-reserved',
        `port ${port.port} leads to port ${target} of its pods, which belongs to their sidecars, so Weft leaves it out: let the application listen on another port, and name that port in targetPort`,
      ),
    );
}
