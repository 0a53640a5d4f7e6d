import type { KubernetesObject } from '../../../src/api/core.ts';
import { type ClusterKind, clusterKinds } from '../../../src/cluster/cluster-kinds.ts';
import type { MeshMembership } from '../../../src/cluster/mesh-membership.ts';
import {
  applyChanges,
  type ClusterChange,
  type ClusterSnapshot,
  emptySnapshot,
} from '../../../src/cluster/snapshot.ts';
import { trim } from '../../../src/cluster/trim.ts';

export const membership: MeshMembership = {
  meshName: 'osm',
  controlPlaneNamespace: 'weft-system',
};

/** The snapshot of a cluster that holds these objects; kinds that the mesh is not made of are passed over. */
export function makeSnapshot(
  objects: readonly KubernetesObject[],
  of: MeshMembership = membership,
): ClusterSnapshot {
  const known = objects.filter((object) => Object.hasOwn(clusterKinds, object.kind));
  return applyChanges(emptySnapshot(of), known.map(makeChange));
}

/** The change that brings an object in. */
export function makeChange(object: KubernetesObject): ClusterChange {
  const kind = object.kind as ClusterKind;
  return { kind, key: keyOf(object), after: trim(kind, object) };
}

/** The change that takes an object away. */
export function makeRemoval(object: KubernetesObject): ClusterChange {
  return { kind: object.kind as ClusterKind, key: keyOf(object), after: undefined };
}

function keyOf({ kind, metadata }: KubernetesObject): string {
  return kind === 'Namespace' ? metadata.name : `${metadata.namespace ?? ''}/${metadata.name}`;
}
