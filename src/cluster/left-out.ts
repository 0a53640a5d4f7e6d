// Objects of which a snapshot keeps only the identity, because there is no room for the rest in memory.
import type { KubernetesObject } from '../api/core.ts';

/** Why an object is left out, for its author. */
export type LeftOut = string;

interface Marked extends KubernetesObject {
  readonly leftOut?: LeftOut;
}

export function leftOutOf(object: KubernetesObject): LeftOut | undefined {
  // An object from the API server may have a field of this name, too, but such an object is not frozen.
  const { leftOut } = object as Marked;
  return leftOut !== undefined && Object.isFrozen(object) ? leftOut : undefined;
}

/** The object reduced to its identity, with the reason why it is left out. */
export function leaveOut(object: KubernetesObject, leftOut: LeftOut): KubernetesObject {
  const { apiVersion, kind, metadata } = object;
  const { name, namespace, uid, resourceVersion, generation } = metadata;
  const bare = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(generation === undefined ? {} : { generation }),
  };
  const marked: Marked = Object.freeze({ apiVersion, kind, metadata: bare, leftOut });
  return marked;
}
