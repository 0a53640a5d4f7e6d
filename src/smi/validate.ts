// What the admission webhook must refuse: what is wrong with an SMI object by itself, without the rest of the cluster,
// since objects may come in any order. The same functions compile the mesh.
import type { AdmissionAnswer, AdmissionRequest } from '../api/admission.ts';
import type { KubernetesObject } from '../api/core.ts';
import type { HTTPRouteGroup } from '../api/gen/http-route-group.ts';
import type { TCPRoute } from '../api/gen/tcp-route.ts';
import type { TrafficSplit } from '../api/gen/traffic-split.ts';
import type { TrafficTarget } from '../api/gen/traffic-target.ts';
import { deepEqual } from '../common/equal.ts';
import type { Diagnostic, DiagnosticCode } from '../policy/diagnostic.ts';
import { compileRouteGroup } from './route-group.ts';
import { compileTcpRoute } from './tcp-route.ts';
import { readSplit } from './traffic-split.ts';
import { readTrafficTarget } from './traffic-target.ts';

/** Errors whatever else is in the cluster. At admission all other diagnostics are warnings. */
const refused: ReadonlySet<DiagnosticCode> = new Set<DiagnosticCode>([
  'target-namespace-mismatch',
  'target-without-source',
  'target-without-rule',
  'route-regex-invalid',
  'split-without-weight',
  'object-malformed',
]);

/**
 * Refuses an SMI object that could never be in force, and warns of parts that will not be. An edit that leaves the spec
 * as it is passes, so that an older object can always be cleaned up.
 */
export function validateSmi(request: AdmissionRequest): AdmissionAnswer {
  const { object, oldObject } = request;
  if (object === undefined || object.metadata.deletionTimestamp !== undefined) {
    return { allowed: true };
  }
  if (oldObject !== undefined && deepEqual(specOf(object), specOf(oldObject))) {
    return { allowed: true };
  }
  const diagnostics = judge(inPlace(object, request));
  const reasons = diagnostics.filter(
    ({ code, severity }) => severity === 'error' && refused.has(code),
  );
  const say = ({ object: { kind, namespace, name }, message }: Diagnostic): string =>
    `${kind} ${namespace}/${name}: ${message}`;
  if (reasons.length > 0) return { allowed: false, message: reasons.map(say).join('; ') };
  const warnings = diagnostics.map(say);
  return warnings.length > 0 ? { allowed: true, warnings } : { allowed: true };
}

function specOf(object: KubernetesObject): unknown {
  return (object as { readonly spec?: unknown }).spec;
}

/** The object with the name and namespace that the request gives it; its own may be missing yet. */
function inPlace(object: KubernetesObject, request: AdmissionRequest): KubernetesObject {
  const { name, namespace } = object.metadata as Partial<KubernetesObject['metadata']>;
  const metadata = {
    ...object.metadata,
    name: name ?? request.name ?? '',
    namespace: namespace ?? request.namespace ?? '',
  };
  return { ...object, kind: request.kind.kind, metadata };
}

function judge(object: KubernetesObject): readonly Diagnostic[] {
  switch (object.kind) {
    case 'TrafficTarget':
      return readTrafficTarget(object as TrafficTarget).diagnostics;
    case 'HTTPRouteGroup':
      return compileRouteGroup(object as HTTPRouteGroup).diagnostics;
    case 'TCPRoute':
      return compileTcpRoute(object as TCPRoute).diagnostics;
    case 'TrafficSplit':
      return readSplit(object as TrafficSplit, undefined).diagnostics;
    default:
      return [];
  }
}
