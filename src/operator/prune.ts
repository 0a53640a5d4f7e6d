import type { KubernetesObject } from '../api/core.ts';
import type { ObjectRef } from '../kubernetes/api-client.ts';
import type { Kind } from '../api/kinds.ts';
import { identify } from './desired.ts';

/** An existing object of the operator. */
export interface Owned {
  readonly kind: Kind;
  readonly object: KubernetesObject;
}

/** An object to remove: exactly this UID, not a later object of the same name. */
export interface Removal {
  readonly ref: ObjectRef;
  readonly uid: string;
}

/**
 * The owned objects that are no longer wanted, in the order to remove them: webhook configurations first, so that the
 * API server calls no webhook whose server is gone; RBAC last, so that the control plane can still write while it
 * shuts down.
 */
export function prune(owned: readonly Owned[], wanted: ReadonlySet<string>): readonly Removal[] {
  return owned
    .filter(({ kind, object }) => !wanted.has(identify(kind, object.metadata.name)))
    .filter(({ object }) => object.metadata.deletionTimestamp === undefined)
    .toSorted((a, b) => rank(a.kind) - rank(b.kind))
    .map(({ kind, object: { metadata } }) => ({
      ref: {
        kind,
        name: metadata.name,
        ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      },
      uid: metadata.uid ?? '',
    }));
}

function rank(kind: Kind): number {
  if (kind.group === 'admissionregistration.k8s.io') return 0;
  return kind.group === 'rbac.authorization.k8s.io' ? 2 : 1;
}
