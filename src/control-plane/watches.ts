import { bootstrapConfigMap } from '../api/control-plane-names.ts';
import type { ConfigMap, KubernetesObject } from '../api/core.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../api/gen/mesh-root-certificate.ts';
import { type Kind, kinds } from '../api/kinds.ts';
import { isPolicyKind, type PolicyKind, policyKinds } from '../api/policy-kinds.ts';
import {
  type ClusterKind,
  clusterKindNames,
  clusterKinds,
  type ClusterKinds,
} from '../cluster/cluster-kinds.ts';
import type { ClusterChange } from '../cluster/snapshot.ts';
import { trim } from '../cluster/trim.ts';
import { type Component, component } from '../common/component.ts';
import type { Changing } from '../common/topic.ts';
import { type Reflector, reflect } from '../kubernetes/reflector.ts';
import type { ReflectOptions } from '../kubernetes/reflector-options.ts';
import type { Change, ObjectStore } from '../kubernetes/store.ts';
import { keepPod, type LivingPod } from '../pods/pod-life.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { statusShape } from '../status/status-shapes.ts';
import type { PolicyObject } from '../status/kept-status.ts';
import type { ControlPlaneContext } from './context.ts';
import { createRations } from './rations.ts';

/** The cached kinds: the input of the compiler and of the statuses. */
type Kept = {
  readonly [K in ClusterKind]: K extends 'Pod'
    ? LivingPod
    : K extends PolicyKind
      ? Omit<ClusterKinds[K], 'status'> & PolicyObject
      : ClusterKinds[K];
};

export type ClusterStores = { readonly [K in ClusterKind]: ObjectStore<Kept[K]> };

/** All watches of the control plane. */
export interface Watches {
  readonly cluster: ClusterStores;
  /** Of ServiceAccounts only the identity is kept. */
  readonly accounts: ObjectStore<KubernetesObject>;
  readonly meshConfigs: ObjectStore<MeshConfig>;
  /** The records of the mesh's roots. */
  readonly rootRecords: ObjectStore<MeshRootCertificate>;
  /** The bootstrap ConfigMaps of all namespaces. */
  readonly bootstraps: ObjectStore<ConfigMap>;
  /** Diagnostics on namespaces of which not all objects are kept. */
  readonly crowded: () => readonly Diagnostic[];
  readonly parts: readonly Component[];
}

/** Creates the watches. They ask nothing of the API server before their parts run. */
export function createWatches({
  client,
  options,
  clock,
  random,
  logger,
}: ControlPlaneContext): Watches {
  const parts: Component[] = [];
  const rations = createRations(options.namespace);
  const deps = { clock, random, log: logger };
  const follow = <T extends KubernetesObject>(
    kind: Kind,
    only: ReflectOptions<T>,
  ): Reflector<T> => {
    const ration = rations.rationOf<T>(kind, only.transform);
    const reflector = reflect<T>(client, kind, { ...only, ...ration, ...deps });
    parts.push(component(`watch-${kind.plural}`, (signal) => reflector.run(signal)));
    return reflector;
  };
  const { namespace } = options;
  const cluster = Object.fromEntries(
    clusterKindNames.map((kind) => [kind, follow(clusterKinds[kind], keptOf(kind))]),
  ) as unknown as ClusterStores;
  return {
    cluster,
    accounts: follow(kinds.serviceAccount, { transform: keepIdentity }),
    meshConfigs: follow<MeshConfig>(kinds.meshConfig, { namespace }),
    rootRecords: follow<MeshRootCertificate>(kinds.meshRootCertificate, { namespace }),
    bootstraps: follow<ConfigMap>(kinds.configMap, {
      fieldSelector: `metadata.name=${bootstrapConfigMap}`,
    }),
    crowded: () => rations.crowded(),
    parts,
  };
}

/** Resolves once every watch has its complete first list. */
export async function allSynced(watches: Watches, signal: AbortSignal): Promise<void> {
  const { cluster, accounts, meshConfigs, rootRecords } = watches;
  const stores = [...Object.values(cluster), accounts, meshConfigs, rootRecords];
  await Promise.all(stores.map((store) => store.whenSynced(signal)));
}

/** The changes of a store; only those for which `matters` holds, if it is given. */
export function changesIn<T extends KubernetesObject>(
  store: ObjectStore<T>,
  matters: (changes: readonly Change<T>[]) => boolean = () => true,
): Changing {
  return {
    follow: (changed) =>
      store.subscribe((changes) => {
        if (matters(changes)) changed();
      }),
  };
}

/** A store's change in the words of the snapshot. */
export function clusterChange(
  kind: ClusterKind,
  { key, after }: Change<KubernetesObject>,
): ClusterChange {
  return { kind, key, after: after === undefined ? undefined : trim(kind, after) };
}

function keptOf(kind: ClusterKind): ReflectOptions<KubernetesObject> {
  if (isPolicyKind(kind)) {
    const { optional } = policyKinds[kind];
    return { optional, transform: (object) => keepPolicy(kind, object) };
  }
  return { transform: kind === 'Pod' ? keepPod : (object) => trim(kind, object) };
}

/** A policy also keeps its status: the status writer compares with it. */
function keepPolicy(kind: PolicyKind, object: PolicyObject): PolicyObject {
  const status = statusShape(kind).keep(object);
  return { ...trim(kind, object), ...(status === undefined ? {} : { status }) };
}

/** The fields that distinguish a ServiceAccount from a later ServiceAccount of the same name. */
function keepIdentity({ apiVersion, kind, metadata }: KubernetesObject): KubernetesObject {
  const { name, namespace = '', uid = '', resourceVersion = '' } = metadata;
  return { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } };
}
