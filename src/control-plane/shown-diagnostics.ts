import { isMember } from '../cluster/mesh-membership.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { openingOf } from '../mesh/closed-target.ts';
import { remember, type Remembered } from '../common/remember.ts';
import type { CompiledMesh } from '../mesh/compile.ts';

/**
 * What the statuses of TrafficTargets say beyond what the compiler found. Made when asked for, on any replica: a
 * compile costs nothing for it, and neither does a change of endpoints, which these do not depend on.
 */
export class OpeningDiagnostics {
  #last: Remembered<readonly Diagnostic[]> | undefined;

  of({ snapshot, model }: CompiledMesh): readonly Diagnostic[] {
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

/** Tells of every diagnostic that users see on objects, in statuses and Events. */
export function shownDiagnostics(
  compiledNow: () => CompiledMesh | undefined,
  crowded: () => readonly Diagnostic[],
): () => readonly Diagnostic[] {
  const openings = new OpeningDiagnostics();
  return () => {
    const compiled = compiledNow();
    if (compiled === undefined) return crowded();
    return [...compiled.diagnostics, ...openings.of(compiled), ...crowded()];
  };
}
