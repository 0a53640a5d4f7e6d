import { controllerName } from '../api/control-plane-names.ts';
import type { KubernetesObject } from '../api/core.ts';
import { WeftError } from '../common/errors.ts';
import { type Fields, fieldsOf, records } from '../common/read.ts';
import { haveConditions, keptConditions } from './kept-condition.ts';
import type { StatusShape } from './status-shape.ts';

/** The fields of one kind of list in which several controllers report (Gateway API: RouteStatus, PolicyStatus). */
interface Lists {
  /** The list below `status`. */
  readonly entries: string;
  /** The field of an entry that names its parent. */
  readonly ref: string;
  /** The list below `spec` of all parents. */
  readonly refs: string;
}

/** More entries than the Gateway API admits in one list: 32 parents, 16 ancestors. */
const mostKept = 33;
const longestRef = 2_048;

/** A route of the Gateway API: one entry for each of `spec.parentRefs`. */
export const parentsStatus = perParent({
  entries: 'parents',
  ref: 'parentRef',
  refs: 'parentRefs',
});
/** A policy of the Gateway API that is attached to other objects: one entry for each of `spec.targetRefs`. */
export const ancestorsStatus = perParent({
  entries: 'ancestors',
  ref: 'ancestorRef',
  refs: 'targetRefs',
});

/**
 * The status stands in one entry for each parent, beside entries of other controllers. The list is atomic: its writer
 * replaces all of it. So a write takes the newest list, puts Weft's entries in, and fails when the object has changed.
 */
function perParent(lists: Lists): StatusShape {
  const ownEntries = (status: unknown): readonly Fields[] =>
    entriesOf(lists, status).filter((entry) => entry['controllerName'] === controllerName);

  return {
    keep: ({ status }) => {
      const own = ownEntries(status);
      const [first] = own;
      if (first === undefined) return undefined;
      const conditions = keptConditions(first['conditions']);
      const alike = own
        .slice(0, mostKept)
        .filter((entry) => haveConditions(conditions, keptConditions(entry['conditions'])));
      return { conditions, parents: alike.map((entry) => refKey(entry[lists.ref])) };
    },

    isUpToDate: (wanted, { parents = [], conditions }, object) => {
      const keys = refsOf(lists, object).map(refKey);
      const isComplete =
        keys.length === parents.length && keys.every((key) => parents.includes(key));
      return isComplete && (keys.length === 0 || haveConditions(wanted.conditions, conditions));
    },

    write: async ({ client, kind, object }, { conditions }, signal) => {
      const { namespace, name, uid } = object.metadata;
      const ref = { kind, name, ...(namespace === undefined ? {} : { namespace }) };
      const latest = await client.get<KubernetesObject & { status?: unknown }>(ref, signal);
      if (latest === undefined || latest.metadata.uid !== uid)
        throw new WeftError('api-not-found', `${name} is gone`);
      const others = entriesOf(lists, latest.status).filter(
        (entry) => entry['controllerName'] !== controllerName,
      );
      const refs = refsOf(lists, object);
      const own = refs.map((parent) => ({ [lists.ref]: parent, controllerName, conditions }));
      const value = {
        metadata: { resourceVersion: latest.metadata.resourceVersion },
        status: { [lists.entries]: [...others, ...own] },
      };
      await client.merge(ref, { value, subresource: 'status' }, signal);
      return { conditions, parents: refs.map(refKey) };
    },
  };
}

function entriesOf(lists: Lists, status: unknown): readonly Fields[] {
  return records(fieldsOf(status)[lists.entries]) ?? [];
}

function refsOf(lists: Lists, object: KubernetesObject): readonly Fields[] {
  const { spec } = object as { readonly spec?: unknown };
  return records(fieldsOf(spec)[lists.refs]) ?? [];
}

/** The same text for two references with the same fields, whatever their order. */
function refKey(ref: unknown): string {
  const fields = Object.entries(fieldsOf(ref)).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(fields).slice(0, longestRef);
}
