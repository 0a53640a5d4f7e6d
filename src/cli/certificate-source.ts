import type { KubernetesObject } from '../api/core.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../api/gen/mesh-root-certificate.ts';
import { type Kind, kinds } from '../api/kinds.ts';
import type { ApiConnection } from '../kubernetes/connect.ts';
import type { CertificateFacts } from './certificate-facts.ts';
import { readHeartbeat, readLeaves } from './control-plane-reports.ts';
import { type Asked, type Trouble, troubleOfCall } from './trouble.ts';

/** Where to read, and how. */
export interface Source {
  readonly api: Pick<ApiConnection, 'get' | 'list' | 'server'>;
  readonly namespace: string;
}

export type Reading =
  | { readonly kind: 'facts'; readonly facts: CertificateFacts }
  | { readonly kind: 'trouble'; readonly trouble: Trouble };

/**
 * Reads everything that the status goes by: list meshconfigs and meshrootcertificates, and get the
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
  if ('trouble' in meshConfigs) return { kind: 'trouble', trouble: meshConfigs.trouble };
  if ('trouble' in roots) return { kind: 'trouble', trouble: roots.trouble };
  const [meshConfig, ...others] = byRank(meshConfigs.items);
  if (meshConfig === undefined) {
    return { kind: 'trouble', trouble: await noMeshConfig(source, signal) };
  }
  if (isRefused(meshConfig) && others.length > 0) {
    return { kind: 'trouble', trouble: noRuler([meshConfig, ...others], source.namespace) };
  }
  const names = others.map(({ metadata }) => metadata.name);
  const facts = { meshConfig, others: names, roots: roots.items, leaves, heartbeat };
  return { kind: 'facts', facts };
}

type Listed<T> = { readonly items: readonly T[] } | { readonly trouble: Trouble };

async function listOf<T extends KubernetesObject>(
  { api, namespace }: Source,
  kind: Kind,
  signal: AbortSignal,
): Promise<Listed<T>> {
  const asked: Asked = { verb: 'list', kind, namespace, server: api.server };
  try {
    return { items: await api.list<T>(kind, { namespace }, signal) };
  } catch (error) {
    signal.throwIfAborted();
    return { trouble: troubleOfCall(error, asked) };
  }
}

/** Those that rule, or may, before those that were refused; the oldest first, as the operator has it. */
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

/** The operator said that it is not active. */
function isRefused({ status }: MeshConfig): boolean {
  return (status?.conditions ?? []).some(
    ({ type, reason }) => type === 'Ready' && refusals.has(reason),
  );
}

function noRuler(meshConfigs: readonly MeshConfig[], namespace: string): Trouble {
  const names = meshConfigs.map(({ metadata }) => metadata.name).join(', ');
  return {
    message: `There are several MeshConfigs in namespace ${namespace}, and none of them is active: ${names}.`,
    advice: [
      'A cluster has one active MeshConfig, in the namespace of the operator: keep it and delete the others.',
      `See what the operator reports about them: kubectl get meshconfig -n ${namespace} -o wide`,
    ],
  };
}

async function noMeshConfig({ api, namespace }: Source, signal: AbortSignal): Promise<Trouble> {
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
