import type { KubernetesObject } from '../api/core.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../api/gen/mesh-root-certificate.ts';
import { type Kind, kinds } from '../api/kinds.ts';
import type { ApiConnection } from '../kubernetes/connect.ts';
import type { CertificateFacts } from './certificate-facts.ts';
import { readHeartbeat, readLeaves } from './control-plane-reports.ts';
import { type AttemptedCall, type CommandFailure, describeCallFailure } from './failure.ts';

/** Where to read, and how. */
export interface Source {
  readonly api: Pick<ApiConnection, 'get' | 'list' | 'server'>;
  readonly namespace: string;
}

export type Reading =
  | { readonly kind: 'facts'; readonly facts: CertificateFacts }
  | { readonly kind: 'failure'; readonly failure: CommandFailure };

/**
 * Reads the input of the status: list meshconfigs and meshrootcertificates, and get the
 * ConfigMaps weft-certificates and weft-proxies, without which only the leaves and the heartbeat of the
 * control plane stay unknown. Rejects only when aborted.
 */
export async function readCertificates(source: Source, signal: AbortSignal): Promise<Reading> {
  const [meshConfigs, roots, leaves, heartbeat] = await Promise.all([
    listOf<MeshConfig>(source, kinds.meshConfig, signal),
    listOf<MeshRootCertificate>(source, kinds.meshRootCertificate, signal),
    readLeaves(source, signal),
    readHeartbeat(source, signal),
  ]);
  if ('failure' in meshConfigs) return { kind: 'failure', failure: meshConfigs.failure };
  if ('failure' in roots) return { kind: 'failure', failure: roots.failure };
  const [meshConfig, ...others] = byRank(meshConfigs.items);
  if (meshConfig === undefined) {
    return { kind: 'failure', failure: await noMeshConfig(source, signal) };
  }
  if (isRefused(meshConfig) && others.length > 0) {
    return {
      kind: 'failure',
      failure: noActiveMeshConfig([meshConfig, ...others], source.namespace),
    };
  }
  const names = others.map(({ metadata }) => metadata.name);
  const facts = { meshConfig, others: names, roots: roots.items, leaves, heartbeat };
  return { kind: 'facts', facts };
}

type Listed<T> = { readonly items: readonly T[] } | { readonly failure: CommandFailure };

async function listOf<T extends KubernetesObject>(
  { api, namespace }: Source,
  kind: Kind,
  signal: AbortSignal,
): Promise<Listed<T>> {
  const attempt: AttemptedCall = { verb: 'list', kind, namespace, server: api.server };
  try {
    return { items: await api.list<T>(kind, { namespace }, signal) };
  } catch (error) {
    signal.throwIfAborted();
    return { failure: describeCallFailure(error, attempt) };
  }
}

/** MeshConfigs that are or may be active before refused ones; the oldest first, as in the operator. */
function byRank(meshConfigs: readonly MeshConfig[]): readonly MeshConfig[] {
  const age = ({ metadata }: MeshConfig): string =>
    `${metadata.creationTimestamp ?? ''} ${metadata.name}`;
  return meshConfigs.toSorted((a, b) => {
    const rank = Number(isRefused(a)) - Number(isRefused(b));
    if (rank !== 0) return rank;
    return age(a) < age(b) ? -1 : 1;
  });
}

const refusals = new Set(['AnotherMeshConfig', 'WrongNamespace']);

/** Whether the operator reported that it is not active. */
function isRefused({ status }: MeshConfig): boolean {
  return (status?.conditions ?? []).some(
    ({ type, reason }) => type === 'Ready' && refusals.has(reason),
  );
}

function noActiveMeshConfig(meshConfigs: readonly MeshConfig[], namespace: string): CommandFailure {
  const names = meshConfigs.map(({ metadata }) => metadata.name).join(', ');
  return {
    message: `There are several MeshConfigs in namespace ${namespace}, and none of them is active: ${names}.`,
    advice: [
      'A cluster has one active MeshConfig, in the namespace of the operator: keep it and delete the others.',
      `See what the operator reports about them: kubectl get meshconfig -n ${namespace} -o wide`,
    ],
  };
}

async function noMeshConfig(
  { api, namespace }: Source,
  signal: AbortSignal,
): Promise<CommandFailure> {
  const elsewhere = await api
    .list<MeshConfig>(kinds.meshConfig, {}, signal)
    .catch((): readonly MeshConfig[] => []);
  signal.throwIfAborted();
  const [found] = elsewhere;
  if (found?.metadata.namespace !== undefined) {
    const names = elsewhere.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`);
    return {
      message: `There is no MeshConfig in namespace ${namespace}, but there is ${names.join(', ')}.`,
      advice: [`Choose its namespace: weft certificate status -n ${found.metadata.namespace}`],
    };
  }
  return {
    message: `There is no MeshConfig in namespace ${namespace}, so there is no mesh to report on.`,
    advice: [
      'A MeshConfig is in the namespace of the operator; choose that namespace with -n.',
      `To create a mesh: kubectl apply -n ${namespace} -f config/samples/meshconfig.yaml`,
    ],
  };
}
