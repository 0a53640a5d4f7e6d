import type { Namespace } from '../api/core.ts';
import { monitoredBy } from '../api/labels.ts';

/** Which mesh this is, and where its own machinery lives. Fixed for the life of a process. */
export interface MeshMembership {
  readonly meshName: string;
  readonly controlPlaneNamespace: string;
}

/**
 * Whether a namespace belongs to the mesh: it carries openservicemesh.io/monitored-by with the mesh's
 * name, and is not the control plane's own. One that does not exist belongs to none.
 */
export function isMember(namespace: Namespace | undefined, membership: MeshMembership): boolean {
  if (namespace === undefined) return false;
  const { labels, name } = namespace.metadata;
  return labels?.[monitoredBy] === membership.meshName && name !== membership.controlPlaneNamespace;
}
