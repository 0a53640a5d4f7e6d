import type { KubernetesObject, ObjectMeta } from '../api/core.ts';

/** Managed fields are often the bigger half of an object, and no reader here uses them. */
export function withoutManagedFields(object: KubernetesObject): KubernetesObject {
  if (!('managedFields' in object.metadata)) return object;
  const metadata: ObjectMeta & { managedFields?: unknown } = { ...object.metadata };
  delete metadata.managedFields;
  return { ...object, metadata };
}
