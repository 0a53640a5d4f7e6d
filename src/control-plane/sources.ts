import type { ConfigMap, KubernetesObject } from '../api/core.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../api/gen/mesh-root-certificate.ts';
import { kinds, type Kind } from '../api/kinds.ts';
import { bootstrapConfigMap } from '../api/control-plane-names.ts';
import type { ClusterChange, ClusterKind } from '../cluster/snapshot.ts';
import { trim } from '../cluster/trim.ts';
import type { Component } from '../common/component.ts';
import type { ApiConnection } from '../kubernetes/connect.ts';
import { reflect, type Reflector, type ReflectorDeps } from '../kubernetes/reflector.ts';
import type { Change, ObjectStore } from '../kubernetes/store.ts';
import type { PolicyObject } from './status-writer.ts';

/** The kinds a snapshot is made of, and where the API server has them. */
export const clusterKinds: Readonly<Record<ClusterKind, Kind>> = {
  Namespace: kinds.namespace,
  Pod: kinds.pod,
  Service: kinds.service,
  EndpointSlice: kinds.endpointSlice,
  TrafficTarget: kinds.trafficTarget,
  HTTPRouteGroup: kinds.httpRouteGroup,
  TCPRoute: kinds.tcpRoute,
  TrafficSplit: kinds.trafficSplit,
};

export const policyKinds = ['TrafficTarget', 'HTTPRouteGroup', 'TCPRoute', 'TrafficSplit'] as const;
export type PolicyKind = (typeof policyKinds)[number];

/** All that the control plane watches. */
export interface Sources {
  readonly cluster: Readonly<Record<ClusterKind, ObjectStore<KubernetesObject>>>;
  readonly meshConfigs: ObjectStore<MeshConfig>;
  /** The records of the mesh's roots. */
  readonly rootRecords: ObjectStore<MeshRootCertificate>;
  /** The bootstrap ConfigMaps of all namespaces. */
  readonly bootstraps: ObjectStore<ConfigMap>;
  readonly components: readonly Component[];
}

function isPolicy(kind: ClusterKind): kind is PolicyKind {
  return (policyKinds as readonly string[]).includes(kind);
}

/** A policy keeps its status beside what the mesh is made of: the status writer compares with it. */
function keepPolicy(kind: PolicyKind, object: PolicyObject): PolicyObject {
  const { status } = object;
  return { ...trim(kind, object), ...(status === undefined ? {} : { status }) };
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
  const follow = <T extends KubernetesObject>(
    kind: Kind,
    options: Parameters<typeof reflect<T>>[2],
  ): ObjectStore<T> => {
    const reflector = reflect<T>(client, kind, options, deps);
    components.push(component(kind.plural, reflector as unknown as Reflector<never>));
    return reflector;
  };
  const cluster = Object.fromEntries(
    Object.entries(clusterKinds).map(([name, kind]) => {
      const clusterKind = name as ClusterKind;
      const transform = isPolicy(clusterKind)
        ? (object: KubernetesObject) => keepPolicy(clusterKind, object)
        : (object: KubernetesObject) => trim(clusterKind, object);
      return [clusterKind, follow(kind, { transform })];
    }),
  ) as Record<ClusterKind, ObjectStore<KubernetesObject>>;
  return {
    cluster,
    meshConfigs: follow<MeshConfig>(kinds.meshConfig, { namespace }),
    rootRecords: follow<MeshRootCertificate>(kinds.meshRootCertificate, { namespace }),
    bootstraps: follow<ConfigMap>(kinds.configMap, {
      fieldSelector: `metadata.name=${bootstrapConfigMap}`,
    }),
    components,
  };
}

/** A store's change in the words of the snapshot. */
export function clusterChange(kind: ClusterKind, change: Change<KubernetesObject>): ClusterChange {
  const { key, after } = change;
  return { kind, key, after: after === undefined ? undefined : trim(kind, after) };
}
