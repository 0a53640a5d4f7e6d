import type { KubernetesObject } from '../api/core.ts';
import { deepEqual } from '../common/equal.ts';
import { isOlder } from '../kubernetes/resource-version.ts';
import { type Desired, identify } from './desired.ts';
import { project } from './projection.ts';

/** Our last apply of an object: what we declared, and the API server's answer. */
export interface Applied {
  readonly desired: Desired;
  readonly answer: KubernetesObject;
}

/** An object to apply, and why: it is new, its declaration changed, or another client changed it. */
export interface ObjectDifference {
  readonly reason: 'create' | 'update' | 'repair';
  readonly desired: Desired;
}

export interface DiffInput {
  readonly desired: readonly Desired[];
  /** The existing objects of the operator, by identity. */
  readonly live: ReadonlyMap<string, KubernetesObject>;
  /** What this process applied before, by identity. */
  readonly applied: ReadonlyMap<string, Applied>;
}

/**
 * Compares desired, live and last applied objects; returns what to apply, in the order of `desired`. Pure. It
 * compares a live object with the API server's answer to our last apply, so that normalised values and other
 * managers' fields are no difference. At rest, the result is empty (docs/decisions/0030).
 */
export function diff({ desired, live, applied }: DiffInput): readonly ObjectDifference[] {
  return desired.flatMap((one) => {
    const identity = identify(one.kind, one.object.metadata.name);
    const reason = compare(one, live.get(identity), applied.get(identity));
    return reason === undefined ? [] : [{ reason, desired: one }];
  });
}

function compare(
  desired: Desired,
  live: KubernetesObject | undefined,
  applied: Applied | undefined,
): ObjectDifference['reason'] | undefined {
  if (live === undefined) return applied === undefined ? 'create' : 'repair';
  // It will be gone in a moment, and then it is missing.
  if (live.metadata.deletionTimestamp !== undefined) return undefined;
  if (applied === undefined || !deepEqual(applied.desired.object, desired.object)) return 'update';
  return isTouched(live, applied) ? 'repair' : undefined;
}

function isTouched(live: KubernetesObject, { desired, answer }: Applied): boolean {
  if (live.metadata.uid !== answer.metadata.uid) return true;
  // The cache has not caught up with our own write.
  if (isOlder(live.metadata, answer.metadata)) return false;
  if (live.metadata.resourceVersion === answer.metadata.resourceVersion) return false;
  return !deepEqual(project(live, desired.object), project(answer, desired.object));
}
