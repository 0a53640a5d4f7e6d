import type { MeshConfig } from '../api/gen/mesh-config.ts';

/** Why a MeshConfig is not active. */
export type MeshConfigRefusal =
  | { readonly kind: 'another-is-active'; readonly active: string }
  | { readonly kind: 'wrong-namespace'; readonly namespace: string };

/**
 * The active MeshConfig: the oldest in the operator's own namespace, even while it is being deleted, so that two
 * are never active at once (docs/decisions/0031). The first name wins a tie.
 */
export function activeMeshConfig(
  meshConfigs: Iterable<MeshConfig>,
  namespace: string,
): MeshConfig | undefined {
  const [first] = [...meshConfigs]
    .filter(({ metadata }) => metadata.namespace === namespace)
    .toSorted((a, b) => compare(age(a), age(b)) || compare(a.metadata.name, b.metadata.name));
  return first;
}

/** Why this MeshConfig is not active; undefined if it is. */
export function refusalOf(
  meshConfig: MeshConfig,
  active: MeshConfig | undefined,
  namespace: string,
): MeshConfigRefusal | undefined {
  if (meshConfig.metadata.namespace !== namespace) return { kind: 'wrong-namespace', namespace };
  if (active === undefined || active.metadata.uid === meshConfig.metadata.uid) return undefined;
  return { kind: 'another-is-active', active: `${namespace}/${active.metadata.name}` };
}

function age({ metadata }: MeshConfig): string {
  return metadata.creationTimestamp ?? '';
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
