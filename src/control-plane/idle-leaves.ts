import type { Issuing } from '../certificates/plan/issuing.ts';
import { type Component, reaction } from '../common/component.ts';
import { every, type Followed } from '../common/topic.ts';
import type { CompiledMesh } from '../mesh/compile.ts';

const intervalMs = 60_000;

/** Forgets the leaves of identities that have no workload any more. */
export function forgetIdleLeaves(
  issuing: Issuing,
  mesh: Followed<CompiledMesh | undefined>,
): Component {
  const forget = (): void => {
    const workloads = mesh.value?.model.workloads.values() ?? [];
    issuing.retain(new Set([...workloads].map(({ account }) => account)));
  };
  return reaction('idle-leaves', [[every(intervalMs), forget]]);
}
