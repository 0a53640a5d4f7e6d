// Input: objects as trim.ts leaves them, and changes of them. Output: an immutable picture of the cluster, nested by
// namespace. Rule: what a change does not touch stays the very same object, so that a reader finds what is new by
// identity.
import type { KubernetesObject, Namespace } from '../api/core.ts';
import { deepEqual } from '../common/equal.ts';
import { type ClusterKind, clusterKindNames, type ClusterKinds } from './cluster-kinds.ts';
import type { MeshMembership } from './mesh-membership.ts';

/** The objects of one kind in one namespace, by name. */
export type ByName<T> = ReadonlyMap<string, T>;

/** All of one namespace. `Namespace` itself is undefined while only its contents are known. */
export type NamespaceSnapshot = Readonly<{
  [K in ClusterKind]: K extends 'Namespace' ? Namespace | undefined : ByName<ClusterKinds[K]>;
}>;

export interface ClusterSnapshot {
  readonly membership: MeshMembership;
  readonly namespaces: ReadonlyMap<string, NamespaceSnapshot>;
}

/** One object as it is now; `after` undefined: it is gone. `key` is `<namespace>/<name>`, or `<name>`. */
export interface ClusterChange {
  readonly kind: ClusterKind;
  readonly key: string;
  readonly after: KubernetesObject | undefined;
}

const none: ByName<never> = new Map<string, never>();

const emptyNamespace = Object.fromEntries(
  clusterKindNames.map((kind) => [kind, kind === 'Namespace' ? undefined : none]),
) as unknown as NamespaceSnapshot;

export function emptySnapshot(membership: MeshMembership): ClusterSnapshot {
  return { membership, namespaces: new Map() };
}

/**
 * The snapshot after some changes. Changes that change nothing that Weft reads (only a resource
 * version, say) yield the same objects, and in the end the same snapshot. Of several changes of one
 * object the last counts.
 */
export function applyChanges(
  snapshot: ClusterSnapshot,
  changes: readonly ClusterChange[],
): ClusterSnapshot {
  const drafts = new Map<string, Draft>();
  for (const change of changes) {
    const namespace = namespaceOf(change);
    let draft = drafts.get(namespace);
    if (draft === undefined) {
      draft = { before: snapshot.namespaces.get(namespace) ?? emptyNamespace, changed: {} };
      drafts.set(namespace, draft);
    }
    applyOne(draft, change);
  }
  const changed = [...drafts].filter(([, draft]) => Object.keys(draft.changed).length > 0);
  if (changed.length === 0) return snapshot;
  const namespaces = new Map(snapshot.namespaces);
  for (const [name, draft] of changed) {
    const after = { ...draft.before, ...draft.changed } as NamespaceSnapshot;
    if (isEmpty(after)) namespaces.delete(name);
    else namespaces.set(name, after);
  }
  return { ...snapshot, namespaces };
}

/** A namespace under change: only the kinds in `changed` were copied. */
interface Draft {
  readonly before: NamespaceSnapshot;
  readonly changed: Record<string, unknown>;
}

function namespaceOf(change: ClusterChange): string {
  if (change.kind === 'Namespace') return change.key;
  return change.key.slice(0, change.key.indexOf('/'));
}

function applyOne(draft: Draft, change: ClusterChange): void {
  const { kind, after } = change;
  if (kind === 'Namespace') {
    const current = 'Namespace' in draft.changed ? draft.changed[kind] : draft.before.Namespace;
    if (!sameContent(current as KubernetesObject | undefined, after)) draft.changed[kind] = after;
    return;
  }
  const own = draft.changed[kind] as Map<string, KubernetesObject> | undefined;
  const current: ByName<KubernetesObject> = own ?? draft.before[kind];
  const name = change.key.slice(change.key.indexOf('/') + 1);
  if (sameContent(current.get(name), after)) return;
  const copy = own ?? new Map(current);
  if (after === undefined) copy.delete(name);
  else copy.set(name, after);
  draft.changed[kind] = copy;
}

function sameContent(a: KubernetesObject | undefined, b: KubernetesObject | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return deepEqual(withoutVersion(a), withoutVersion(b));
}

function withoutVersion(object: KubernetesObject): object {
  return { ...object, metadata: { ...object.metadata, resourceVersion: undefined } };
}

function isEmpty(namespace: NamespaceSnapshot): boolean {
  const { Namespace: object, ...contents } = namespace;
  return object === undefined && Object.values(contents).every((part) => part.size === 0);
}
