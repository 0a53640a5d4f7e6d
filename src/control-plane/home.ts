import type { OwnerReference } from '../api/core.ts';
import { kinds } from '../api/kinds.ts';
import type { Ground } from './ground.ts';

/**
 * The owner of the objects that the control plane makes in other namespaces: its own namespace, so that Kubernetes
 * removes them when Weft is removed, even if no process is left to do it. Empty before the namespace was seen.
 */
export function homeOwners({
  options,
  sources,
}: Pick<Ground, 'options' | 'sources'>): readonly OwnerReference[] {
  const { name = '', uid } =
    sources.cluster.Namespace.objects.get(options.namespace)?.metadata ?? {};
  return uid === undefined ? [] : [{ apiVersion: 'v1', kind: kinds.namespace.kind, name, uid }];
}
