import { onceFor } from '../common/once-for.ts';
import type { KubernetesObject } from '../api/core.ts';
import type { Diagnostic, DiagnosticCode } from '../policy/diagnostic.ts';
import type { Origin } from '../policy/origin.ts';

/**
 * The origin of an object: the object at its generation; 0 for kinds that have none, such as Service and Pod. The same
 * object has the same origin, so that a result made again from an unchanged object compares as equal.
 */
export const originOf = onceFor(({ kind, metadata }: KubernetesObject): Origin => {
  const { namespace = '', name, generation = 0 } = metadata;
  return { kind, namespace, name, generation };
});

/** The object, or the part that the message names, is left out of the mesh. */
export function refuse(
  object: KubernetesObject,
  code: DiagnosticCode,
  message: string,
): Diagnostic {
  return { code, severity: 'error', object: originOf(object), message };
}

/** The object is in force as the mesh intends; its author may have expected something else. */
export function note(object: KubernetesObject, code: DiagnosticCode, message: string): Diagnostic {
  return { code, severity: 'note', object: originOf(object), message };
}

/** The object is in force, but probably not as its author meant it. */
export function warn(object: KubernetesObject, code: DiagnosticCode, message: string): Diagnostic {
  return { code, severity: 'warning', object: originOf(object), message };
}
