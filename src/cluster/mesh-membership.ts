import type { Namespace } from '../api/core.ts';
import { monitoredBy, systemNamespaces } from '../api/labels.ts';

/** Which mesh this is, and where its own machinery lives. Fixed for the life of a process. */
export interface MeshMembership {
  readonly meshName: string;
  readonly controlPlaneNamespace: string;
}

/**
 * Whether a namespace belongs to the mesh: its label openservicemesh.io/monitored-by has the mesh's name, and it is
 * neither the control plane's namespace nor one of Kubernetes itself (docs/decisions/0094). The API server calls the
 * webhooks for the same namespaces. False for a namespace that does not exist.
 */
export function isMember(namespace: Namespace | undefined, membership: MeshMembership): boolean {
  if (namespace === undefined) return false;
  const { labels, name } = namespace.metadata;
  const reserved = name === membership.controlPlaneNamespace || systemNamespaces.includes(name);
  return labels?.[monitoredBy] === membership.meshName && !reserved;
}
