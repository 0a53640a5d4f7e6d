// Input: a namespace of which some objects have no room in memory. Output: the namespace without them, and a diagnostic
// for each. Rule: such an object counts as absent: a policy that references it allows nothing by it.
import type { KubernetesObject } from '../api/core.ts';
import { leftOutOf } from '../cluster/left-out.ts';
import type { ClusterKind } from '../cluster/cluster-kinds.ts';
import type { ByName, NamespaceSnapshot } from '../cluster/snapshot.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { refuse } from '../cluster/diagnose.ts';

interface Sifted {
  readonly present: ByName<KubernetesObject>;
  readonly diagnostics: readonly Diagnostic[];
}

const siftedMaps = new WeakMap<ByName<KubernetesObject>, Sifted>();
const siftedInputs = new WeakMap<NamespaceSnapshot, Whole>();
const nothing: readonly Diagnostic[] = [];

export interface Whole {
  /** The very same snapshot while nothing is left out; the same maps for the same maps. */
  readonly input: NamespaceSnapshot;
  /** The same list while the same objects are left out. */
  readonly diagnostics: readonly Diagnostic[];
}

export function siftLeftOut(snapshot: NamespaceSnapshot): Whole {
  const known = siftedInputs.get(snapshot);
  if (known !== undefined) return known;
  const parts = (Object.keys(snapshot) as ClusterKind[]).flatMap((kind) => {
    const map = snapshot[kind];
    return kind === 'Namespace' || map === undefined
      ? []
      : [[kind, sift(map as ByName<KubernetesObject>)] as const];
  });
  const lists = parts.map(([, { diagnostics }]) => diagnostics).filter(({ length }) => length > 0);
  const presents = Object.fromEntries(parts.map(([kind, { present }]) => [kind, present]));
  const whole: Whole =
    lists.length === 0
      ? { input: snapshot, diagnostics: nothing }
      : { input: { ...snapshot, ...presents }, diagnostics: lists.flat() };
  siftedInputs.set(snapshot, whole);
  return whole;
}

function sift(map: ByName<KubernetesObject>): Sifted {
  const known = siftedMaps.get(map);
  if (known !== undefined) return known;
  const present = new Map<string, KubernetesObject>();
  const diagnostics: Diagnostic[] = [];
  for (const [name, object] of map) {
    const reason = leftOutOf(object);
    if (reason === undefined) present.set(name, object);
    else diagnostics.push(refuse(object, 'object-too-large', reason));
  }
  const sifted =
    diagnostics.length === 0 ? { present: map, diagnostics: nothing } : { present, diagnostics };
  siftedMaps.set(map, sifted);
  return sifted;
}
