import type { ConfigMap, KubernetesObject } from '../api/core.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../api/gen/mesh-root-certificate.ts';
import { kinds, type Kind } from '../api/kinds.ts';
import { isPolicyKind, type PolicyKind, policyKinds } from '../api/policy-kinds.ts';
import { type ClusterKind, clusterKinds } from '../cluster/cluster-kinds.ts';
import { bootstrapConfigMap } from '../api/control-plane-names.ts';
import type { ClusterChange } from '../cluster/snapshot.ts';
import { trim } from '../cluster/trim.ts';
import type { Component } from '../common/component.ts';
import type { ApiConnection } from '../kubernetes/connect.ts';
import { reflect, type Reflector } from '../kubernetes/reflector.ts';
import type { ReflectorDeps } from '../kubernetes/reflector-options.ts';
import type { Change, ObjectStore } from '../kubernetes/store.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { keptStatus } from '../status/kept-status.ts';
import { keepPod } from '../pods/pod-life.ts';
import { createRations } from './rations.ts';
import type { PolicyObject } from '../status/status-writer.ts';

/** All that the control plane watches. */
export interface Sources {
  readonly cluster: Readonly<Record<ClusterKind, ObjectStore<KubernetesObject>>>;
  /** Of ServiceAccounts only the identity is kept. */
  readonly accounts: ObjectStore<KubernetesObject>;
  readonly meshConfigs: ObjectStore<MeshConfig>;
  /** The records of the mesh's roots. */
  readonly rootRecords: ObjectStore<MeshRootCertificate>;
  /** The bootstrap ConfigMaps of all namespaces. */
  readonly bootstraps: ObjectStore<ConfigMap>;
  /** Diagnostics on namespaces of which not all objects are kept. */
  readonly crowded: () => readonly Diagnostic[];
  readonly components: readonly Component[];
}

/** A policy also keeps its status: the status writer compares with it. */
function keepPolicy(kind: PolicyKind, object: PolicyObject): PolicyObject {
  const status = keptStatus(object.status);
  return { ...trim(kind, object), ...(status === undefined ? {} : { status }) };
}

/** What tells a ServiceAccount from a later one of its name. */
function keepIdentity({ apiVersion, kind, metadata }: KubernetesObject): KubernetesObject {
  const { name, namespace = '', uid = '', resourceVersion = '' } = metadata;
  return { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } };
}

/** What the cache keeps of an object: what the mesh is made of, and what statuses are decided by. */
function keeper(kind: ClusterKind): (object: KubernetesObject) => KubernetesObject {
  if (isPolicyKind(kind)) return (object) => keepPolicy(kind, object);
  if (kind === 'Pod') return keepPod;
  return (object) => trim(kind, object);
}

function component(name: string, reflector: Reflector<never>): Component {
  return { name: `watch-${name}`, leaderOnly: false, run: (signal) => reflector.run(signal) };
}

/** Makes the watches; nothing is asked of the API server before their components run. */
export function createSources(
  client: ApiConnection,
  namespace: string,
  deps: ReflectorDeps,
): Sources {
  const components: Component[] = [];
  const rations = createRations(namespace);
  const follow = <T extends KubernetesObject>(
    kind: Kind,
    options: Parameters<typeof reflect<T>>[2],
  ): ObjectStore<T> => {
    const ration = rations.of<T>(kind, options.transform);
    const reflector = reflect<T>(client, kind, { ...options, ...ration }, deps);
    components.push(component(kind.plural, reflector as unknown as Reflector<never>));
    return reflector;
  };
  const cluster = Object.fromEntries(
    Object.entries(clusterKinds).map(([name, kind]) => {
      const clusterKind = name as ClusterKind;
      const optional = isPolicyKind(clusterKind) && policyKinds[clusterKind].optional;
      return [clusterKind, follow(kind, { transform: keeper(clusterKind), optional })];
    }),
  ) as Record<ClusterKind, ObjectStore<KubernetesObject>>;
  return {
    cluster,
    accounts: follow(kinds.serviceAccount, { transform: keepIdentity }),
    meshConfigs: follow<MeshConfig>(kinds.meshConfig, { namespace }),
    rootRecords: follow<MeshRootCertificate>(kinds.meshRootCertificate, { namespace }),
    bootstraps: follow<ConfigMap>(kinds.configMap, {
      fieldSelector: `metadata.name=${bootstrapConfigMap}`,
    }),
    crowded: () => rations.crowded(),
    components,
  };
}

/** A store's change in the words of the snapshot. */
export function clusterChange(kind: ClusterKind, change: Change<KubernetesObject>): ClusterChange {
  const { key, after } = change;
  return { kind, key, after: after === undefined ? undefined : trim(kind, after) };
}
