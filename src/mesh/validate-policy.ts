// What the admission webhook must refuse: what is wrong with a policy whatever else is in the cluster, since objects may
// come in any order. The same readers compile the mesh.
import type { AdmissionAnswer, AdmissionRequest } from '../api/admission.ts';
import type { KubernetesObject } from '../api/core.ts';
import { isPolicyKind, type PolicyKind } from '../api/policy-kinds.ts';
import { deepEqual } from '../common/equal.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { PolicyReader } from '../policy/policy-reader.ts';
import { policyReaders } from './policy-readers.ts';

/**
 * Refuses a policy that could never be in force, and warns of parts that will not be. An edit that leaves the spec
 * as it is passes, so that an older object can always be cleaned up.
 */
export function validatePolicy(request: AdmissionRequest): AdmissionAnswer {
  const { object, oldObject } = request;
  const kind = request.kind.kind;
  if (
    !isPolicyKind(kind) ||
    object === undefined ||
    object.metadata.deletionTimestamp !== undefined
  ) {
    return { allowed: true };
  }
  if (oldObject !== undefined && deepEqual(specOf(object), specOf(oldObject))) {
    return { allowed: true };
  }
  const { read, refused } = readerOf(kind);
  const { diagnostics } = read(inPlace(object, request), anyDomain);
  const reasons = diagnostics.filter(
    ({ code, severity }) => severity === 'error' && refused.includes(code),
  );
  const say = ({ object: { kind, namespace, name }, message }: Diagnostic): string =>
    `${kind} ${namespace}/${name}: ${message}`;
  if (reasons.length > 0) return { allowed: false, message: reasons.map(say).join('; ') };
  const warnings = diagnostics.map(say);
  return warnings.length > 0 ? { allowed: true, warnings } : { allowed: true };
}

const anyDomain = { clusterDomain: undefined };

/** The reader of a kind takes an object of any shape. */
function readerOf(kind: PolicyKind): PolicyReader<KubernetesObject> {
  return policyReaders[kind] as unknown as PolicyReader<KubernetesObject>;
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
