// Input: the policies of one namespace. Output: the reading of each of them. Rule: an object is read again only when
// it changed.
import { type PolicyKind, policyKindNames, type PolicyTypes } from '../api/policy-kinds.ts';
import type { ByName, NamespaceSnapshot } from '../cluster/snapshot.ts';
import type { PolicyReader, ReadScope } from '../policy/policy-reader.ts';
import { compileLayer, type Layer } from './layer.ts';
import { policyReaders, type ReadingOf } from './policy-readers.ts';

/** The readings of one kind, by the name of the object. */
type KindReadings<K extends PolicyKind> = Layer<ReadingOf<K>, string, ReadingOf<K>>;

/** All policies of a namespace, read. */
export type Readings = { readonly [K in PolicyKind]: KindReadings<K> };

export function readPolicies(
  input: NamespaceSnapshot,
  scope: ReadScope,
  before: Readings | undefined,
): Readings {
  const entries = policyKindNames.map((kind) => [kind, readKind(kind, { input, scope, before })]);
  return Object.fromEntries(entries) as Readings;
}

interface ReadInput {
  readonly input: NamespaceSnapshot;
  readonly scope: ReadScope;
  readonly before: Readings | undefined;
}

function readKind<K extends PolicyKind>(
  kind: K,
  { input, scope, before }: ReadInput,
): KindReadings<K> {
  const objects = input[kind] as ByName<PolicyTypes[K]>;
  const { read } = policyReaders[kind] as unknown as PolicyReader<PolicyTypes[K], ReadingOf<K>>;
  return compileLayer<ReadingOf<K>, string, ReadingOf<K>>(before?.[kind], {
    inputs: [objects, scope],
    items: () =>
      sorted(objects).map(([name, object]) => ({
        name,
        inputs: [object, scope],
        make: () => read(object, scope),
      })),
    collect: (values, names) => new Map(values.map((value, at) => [names[at] ?? '', value])),
  });
}

/** Objects in the order of their names. */
export function sorted<T>(objects: ByName<T>): (readonly [string, T])[] {
  return [...objects].sort(([a], [b]) => (a < b ? -1 : 1));
}
