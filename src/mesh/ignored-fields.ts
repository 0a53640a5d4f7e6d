// Input: a Service. Output: a warning for each field that kube-proxy reads and a sidecar does not: a sidecar chooses
// among the ready pods of all nodes, and has no session affinity.
import type { Service } from '../api/core.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { warn } from '../cluster/diagnose.ts';
import { isTcp } from './target-port.ts';

export function ignoredFields(object: Service): readonly Diagnostic[] {
  const { sessionAffinity, internalTrafficPolicy, clusterIP, ports = [] } = object.spec;
  if (!ports.some(isTcp)) return [];
  return [
    ...(sessionAffinity === 'ClientIP' ? [ignoredAffinity(object)] : []),
    // kube-proxy has no part in a headless Service.
    ...(internalTrafficPolicy === 'Local' && clusterIP !== 'None' ? [ignoredLocality(object)] : []),
  ];
}

function ignoredAffinity(object: Service): Diagnostic {
  return warn(
    object,
    'service-affinity-ignored',
    'spec.sessionAffinity: ClientIP has no effect on calls from the mesh, because sidecars spread the requests of each caller over all pods of the Service: store sessions where all pods can read them, or let callers name one pod of a headless Service; then remove the field',
  );
}

function ignoredLocality(object: Service): Diagnostic {
  return warn(
    object,
    'service-locality-ignored',
    'spec.internalTrafficPolicy: Local has no effect on calls from the mesh, which go to the ready pods of all nodes: create a headless Service for the pods and let callers dial the pod on their node by its address; then remove the field',
  );
}
