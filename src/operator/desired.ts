import type { KubernetesObject, ObjectMeta, OwnerReference } from '../api/core.ts';
import { apiVersionOf, kinds, type Kind } from '../api/kinds.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { controlPlaneName } from '../api/control-plane-names.ts';
import { ownedLabels } from './names.ts';

/** An object as the operator declares it: every field in it is the operator's, no other is. */
export interface Desired {
  readonly kind: Kind;
  readonly object: KubernetesObject & Readonly<Record<string, unknown>>;
}

/** `Kind/name`: objects of one kind never share a name across namespaces here. */
export function identify(kind: Kind, name: string): string {
  return `${kind.kind}/${name}`;
}

/** The owner reference by which an object in the MeshConfig's namespace goes away with it. */
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

/** Builds declared objects with the labels and, where Kubernetes allows it, the owner they all have. */
export function declare(
  meshConfig: MeshConfig,
  of: Kind,
  body: Readonly<Record<string, unknown>> & { readonly name?: string },
): Desired {
  const { name = controlPlaneName, ...rest } = body;
  const labels = {
    'app.kubernetes.io/name': controlPlaneName,
    'app.kubernetes.io/part-of': 'weft',
    ...ownedLabels,
  };
  const { namespace } = meshConfig.metadata;
  const owned = { namespace: namespace ?? '', ownerReferences: [ownerOf(meshConfig)] };
  const metadata: ObjectMeta = { name, labels, ...(of.namespaced ? owned : {}) };
  return {
    kind: of,
    object: { apiVersion: apiVersionOf(of), kind: of.kind, metadata, ...rest },
  };
}
