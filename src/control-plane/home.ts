import type { OwnerReference } from '../api/core.ts';
import { kinds } from '../api/kinds.ts';
import type { Ground } from './ground.ts';

/**
 * The owner of what the control plane makes in other namespaces: its own namespace, so that Kubernetes
 * removes it when Weft goes, also when no process is left that could. Empty before it was seen.
 */
export function homeOwners({
  options,
  sources,
}: Pick<Ground, 'options' | 'sources'>): readonly OwnerReference[] {
  const { name = '', uid } =
    sources.cluster.Namespace.objects.get(options.namespace)?.metadata ?? {};
  return uid === undefined ? [] : [{ apiVersion: 'v1', kind: kinds.namespace.kind, name, uid }];
}
