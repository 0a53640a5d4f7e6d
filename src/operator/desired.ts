import type { KubernetesObject, Namespace, ObjectMeta, OwnerReference } from '../api/core.ts';
import { apiVersionOf, kinds, type Kind } from '../api/kinds.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { controlPlaneName } from '../api/control-plane-names.ts';
import { ownedLabels } from './names.ts';

/** An object as the operator declares it. The operator owns exactly these fields. */
export interface Desired {
  readonly kind: Kind;
  readonly object: KubernetesObject & Readonly<Record<string, unknown>>;
}

/** `Kind/name`: objects of one kind never share a name across namespaces here. */
export function identify(kind: Kind, name: string): string {
  return `${kind.kind}/${name}`;
}

/** The owner reference by which an object in the MeshConfig's namespace goes away with it, at once. */
export function ownerOf(meshConfig: MeshConfig): OwnerReference {
  const { name, uid = '' } = meshConfig.metadata;
  return {
    apiVersion: apiVersionOf(kinds.meshConfig),
    kind: kinds.meshConfig.kind,
    name,
    uid,
    controller: true,
  };
}

/**
 * The owner of all other objects: the mesh's namespace, which may also own cluster-scoped objects. Kubernetes deletes
 * them with the namespace. Before that, the operator removes them in a safe order (docs/decisions/0100).
 */
export function homeOf({ metadata: { name, uid = '' } }: Namespace): OwnerReference {
  return { apiVersion: 'v1', kind: kinds.namespace.kind, name, uid };
}

/** The same objects, owned by the namespace unless they say that another object owns them. */
export function ownedBy(
  home: OwnerReference | undefined,
  objects: readonly Desired[],
): readonly Desired[] {
  if (home === undefined) return objects;
  return objects.map(({ kind, object }) => {
    const { ownerReferences = [home] } = object.metadata;
    return { kind, object: { ...object, metadata: { ...object.metadata, ownerReferences } } };
  });
}

/** Builds declared objects with the labels that they all have. */
export function declare(
  meshConfig: MeshConfig,
  of: Kind,
  body: Readonly<Record<string, unknown>> & {
    readonly name?: string;
    readonly ownerReferences?: readonly OwnerReference[];
  },
): Desired {
  const { name = controlPlaneName, ownerReferences, ...rest } = body;
  const labels = {
    'app.kubernetes.io/name': controlPlaneName,
    'app.kubernetes.io/part-of': 'weft',
    ...ownedLabels,
  };
  const { namespace } = meshConfig.metadata;
  const metadata: ObjectMeta = {
    name,
    labels,
    ...(of.namespaced ? { namespace: namespace ?? '' } : {}),
    ...(ownerReferences === undefined ? {} : { ownerReferences }),
  };
  return {
    kind: of,
    object: { apiVersion: apiVersionOf(of), kind: of.kind, metadata, ...rest },
  };
}
