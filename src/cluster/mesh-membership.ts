import type { Namespace } from '../api/core.ts';
import { monitoredBy, systemNamespaces } from '../api/labels.ts';

/** Which mesh this is, and where its own machinery lives. Fixed for the life of a process. */
export interface MeshMembership {
  readonly meshName: string;
  readonly controlPlaneNamespace: string;
}

/**
 * Whether a namespace belongs to the mesh: it carries openservicemesh.io/monitored-by with the mesh's
 * name, and is neither the control plane's own nor one of Kubernetes itself. The webhooks are asked for the
 * same ones. One that does not exist belongs to none.
 */
export function isMember(namespace: Namespace | undefined, membership: MeshMembership): boolean {
  if (namespace === undefined) return false;
  const { labels, name } = namespace.metadata;
  const reserved = name === membership.controlPlaneNamespace || systemNamespaces.includes(name);
  return labels?.[monitoredBy] === membership.meshName && !reserved;
}
