import type { KubernetesObject } from '../api/core.ts';
import type { Diagnostic, DiagnosticCode } from '../policy/diagnostic.ts';
import type { Origin } from '../policy/origin.ts';

const origins = new WeakMap<KubernetesObject, Origin>();

/**
 * The object at its generation; 0 for kinds that have none, such as Service and Pod. The same object
 * has the same origin, so that what is made again of an unchanged object can be told to be the same.
 */
export function originOf(object: KubernetesObject): Origin {
  const known = origins.get(object);
  if (known !== undefined) return known;
  const { namespace = '', name, generation = 0 } = object.metadata;
  const origin = { kind: object.kind, namespace, name, generation };
  origins.set(object, origin);
  return origin;
}

/** The object, or the part that the message names, is left out of the mesh. */
export function refuse(
  object: KubernetesObject,
  code: DiagnosticCode,
  message: string,
): Diagnostic {
  return { code, severity: 'error', object: originOf(object), message };
}

/** The object is in force, but hardly as meant. */
export function warn(object: KubernetesObject, code: DiagnosticCode, message: string): Diagnostic {
  return { code, severity: 'warning', object: originOf(object), message };
}
