import type { Namespace, OwnerReference } from '../api/core.ts';
import { kinds } from '../api/kinds.ts';
import type { ObjectStore } from '../kubernetes/store.ts';

/**
 * The owner of the objects that the control plane makes in other namespaces: its own namespace, so that Kubernetes
 * removes them when Weft is removed, even if no process is left to do it. Empty before the namespace was seen.
 */
export function homeOwners(
  namespaces: Pick<ObjectStore<Namespace>, 'objects'>,
  home: string,
): readonly OwnerReference[] {
  const { name = '', uid } = namespaces.objects.get(home)?.metadata ?? {};
  return uid === undefined ? [] : [{ apiVersion: 'v1', kind: kinds.namespace.kind, name, uid }];
}
