import type { Namespace } from '../api/core.ts';
import { monitoredBy } from '../api/labels.ts';
import type { WantedPolicyStatus } from './policy-status.ts';
import type { PolicyObject } from './kept-status.ts';

const reason = 'NamespaceNotInMesh';

/** Whether the namespace belongs to no mesh: the label of another mesh makes the object that mesh's. */
function isFree(namespace: Namespace | undefined): boolean {
  return namespace !== undefined && (namespace.metadata.labels?.[monitoredBy] ?? '') === '';
}

/**
 * The last status of a policy whose namespace has left the mesh, so that it does not claim for ever to be in force.
 * Undefined where Weft never wrote a status, and where another mesh may write it. A message of this kind that is there
 * already stays: otherwise two meshes would each write it with their own name.
 */
export function leftStatus(
  object: PolicyObject,
  namespace: Namespace | undefined,
  meshName: string,
): WantedPolicyStatus | undefined {
  const { status, metadata } = object;
  if (status === undefined || !isFree(namespace)) return undefined;
  const { namespace: name = '', generation: observedGeneration = 0 } = metadata;
  const earlier = status.conditions?.find(
    (one) => one.type === 'Programmed' && one.reason === reason,
  );
  const message =
    earlier?.message ??
    `namespace ${name} is not in the mesh any more, so changes of this object reach no proxy; a pod that still has its sidecar keeps its last configuration until it is restarted. To bring the namespace back: kubectl label namespace ${name} ${monitoredBy}=${meshName}. To leave for good: restart its pods, then delete this object`;
  const common = { reason, message, observedGeneration };
  return {
    observedGeneration,
    ...{ inForce: 'not in mesh', acknowledged: 0, total: 0, rejected: 0 },
    conditions: [
      { type: 'Accepted', status: 'Unknown', ...common },
      { type: 'Programmed', status: 'False', ...common },
    ],
  };
}
