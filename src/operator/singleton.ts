import type { MeshConfig } from '../api/gen/mesh-config.ts';

/** Why a MeshConfig does not rule. */
export type MeshConfigRefusal =
  | { readonly kind: 'another-rules'; readonly ruler: string }
  | { readonly kind: 'wrong-namespace'; readonly namespace: string };

/**
 * The MeshConfig that rules: the oldest in the operator's own namespace, even while it is being deleted, so that two
 * never rule at once (docs/decisions/0031). The first name wins a tie.
 */
export function rulerOf(
  meshConfigs: Iterable<MeshConfig>,
  namespace: string,
): MeshConfig | undefined {
  const [first] = [...meshConfigs]
    .filter(({ metadata }) => metadata.namespace === namespace)
    .toSorted((a, b) => compare(age(a), age(b)) || compare(a.metadata.name, b.metadata.name));
  return first;
}

/** Why this MeshConfig does not rule; undefined if it does. */
export function refusalOf(
  meshConfig: MeshConfig,
  ruler: MeshConfig | undefined,
  namespace: string,
): MeshConfigRefusal | undefined {
  if (meshConfig.metadata.namespace !== namespace) return { kind: 'wrong-namespace', namespace };
  if (ruler === undefined || ruler.metadata.uid === meshConfig.metadata.uid) return undefined;
  return { kind: 'another-rules', ruler: `${namespace}/${ruler.metadata.name}` };
}

function age({ metadata }: MeshConfig): string {
  return metadata.creationTimestamp ?? '';
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
