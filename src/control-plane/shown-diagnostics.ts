import { isMember } from '../cluster/mesh-membership.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { openingOf } from '../mesh/closed-target.ts';
import { remember, type Remembered } from '../common/remember.ts';
import type { CompiledMesh } from '../mesh/compile.ts';
import type { Followed } from '../common/topic.ts';

/**
 * The diagnostics in the statuses of TrafficTargets that the compiler does not make. Computed on request, on any
 * replica: they add nothing to the cost of a compile, nor of a change of endpoints, on which they do not depend.
 */
export class OpeningDiagnostics {
  #last: Remembered<readonly Diagnostic[]> | undefined;

  list({ snapshot, model }: CompiledMesh): readonly Diagnostic[] {
    const { membership, namespaces } = snapshot;
    const { workloads, rules, settings } = model;
    const all = [...namespaces.values()];
    const seen = all.flatMap(({ Namespace, Pod, TrafficTarget }) => [
      Namespace,
      Pod,
      TrafficTarget,
    ]);
    this.#last = remember(this.#last, [workloads, rules, settings, ...seen], () =>
      all
        .filter(({ Namespace }) => isMember(Namespace, membership))
        .flatMap(({ TrafficTarget }) => [...TrafficTarget.values()])
        .flatMap((target) => openingOf(target, { namespaces, model }).diagnostics),
    );
    return this.#last.value;
  }
}

/** Returns a function that lists every diagnostic that users see on objects, in statuses and Events. */
export function shownDiagnostics(
  mesh: Followed<CompiledMesh | undefined>,
  crowded: () => readonly Diagnostic[],
): () => readonly Diagnostic[] {
  const openings = new OpeningDiagnostics();
  return () => {
    const compiled = mesh.value;
    if (compiled === undefined) return crowded();
    return [...compiled.diagnostics, ...openings.list(compiled), ...crowded()];
  };
}
