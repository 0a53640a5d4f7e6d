import fc from 'fast-check';
import type { KubernetesObject } from '../../../src/api/core.ts';
import { identityOf } from '../builders/arbitrary-cluster.ts';
import { makeNamespace } from '../builders/make-object.ts';
import { routeGroup, split, target, tcpRoute } from './odd-policies.ts';
import { pod, service, slice } from './odd-workloads.ts';

// Objects that an API server may hold, each odd in a way that a user can bring about, from few
// names so that they meet.

/** How often each property is tried: FUZZ=10 for ten times as much. */
export function runs(times: number): { readonly numRuns: number } {
  return { numRuns: times * Number(process.env['FUZZ'] ?? 1) };
}

const namespaces = ['shop', 'svc'] as const;

/** Without the fields that are undefined, as JSON has it. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** Odd, but of the shape that the API server sees to. */
export const oddObject = fc
  .oneof(pod, pod, service, service, slice, target, target, routeGroup, tcpRoute, split)
  .map((object) => plain(object) as unknown as KubernetesObject);

/** Ways to every value inside, but for what the REST path fixes. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const at = path.join('.');
  if (['kind', 'metadata.name', 'metadata.namespace', 'metadata.uid'].includes(at)) return [];
  const inner =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, child]) => placesIn(child, [...path, key]))
      : [];
  return path.length === 0 || at === 'metadata' ? inner : [path, ...inner];
}

/** The value with another at this path; unchanged where an earlier change left no such path. */
function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  if (typeof value !== 'object' || value === null) return value;
  // Never by assignment: `__proto__` is a key of JSON like any other.
  const entries = Object.entries(value).map(([at, child]: [string, unknown]) => [
    at,
    at === key ? replaced(child, rest, by) : child,
  ]);
  return Array.isArray(value)
    ? entries.map(([, child]) => child)
    : (Object.fromEntries(entries) as unknown);
}

const anyValue = fc.oneof(
  fc.constantFrom(null, 0, -1, 1e300, '', 'x', true, [], {}, [null], [[]], { a: null }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** An object in which something is of another type than it should be. */
export const brokenObject: fc.Arbitrary<KubernetesObject> = oddObject.chain((object) => {
  const places = placesIn(object);
  return fc
    .array(fc.tuple(fc.constantFrom(...places), anyValue), { minLength: 1, maxLength: 2 })
    .map((changes) =>
      changes.reduce<unknown>((now, [path, value]) => replaced(now, path, value), object),
    )
    .map((broken) => broken as KubernetesObject);
});

/** Objects of two namespaces of the mesh, each at most once. */
export const oddCluster = clusterOf(oddObject);
export const brokenCluster = clusterOf(fc.oneof(oddObject, brokenObject));

function clusterOf(
  object: fc.Arbitrary<KubernetesObject>,
): fc.Arbitrary<readonly KubernetesObject[]> {
  return fc
    .uniqueArray(object, { selector: identityOf, minLength: 10, maxLength: 30, size: 'max' })
    .map((objects) => [...namespaces.map((one) => makeNamespace(one)), ...objects]);
}
