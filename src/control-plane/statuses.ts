import { controllerName } from '../api/control-plane-names.ts';
import type { Followed } from '../common/topic.ts';
import { createEventRecorder } from '../kubernetes/events.ts';
import type { CompiledMesh } from '../mesh/compile.ts';
import { policyEvents } from '../status/policy-events.ts';
import { policyStatuses } from '../status/policy-statuses.ts';
import { StatusWriter } from '../status/status-writer.ts';
import type { ControlPlaneContext } from './context.ts';
import type { MeshSurvey } from './mesh-survey.ts';
import type { Watches } from './watches.ts';

export interface StatusesDeps {
  readonly watches: Watches;
  readonly mesh: Followed<CompiledMesh | undefined>;
  readonly survey: MeshSurvey;
  readonly events: ReturnType<typeof createEventRecorder>;
}

/** Records Events in the name of the control plane. */
export function createRecorder({
  client,
  clock,
  logger,
  options,
}: ControlPlaneContext): ReturnType<typeof createEventRecorder> {
  return createEventRecorder({
    ...{ client, clock, log: logger },
    ...{ controller: controllerName, instance: options.podName },
  });
}

/** Writes the statuses of policies, and an Event for each change for the worse or back. */
export function createStatuses(
  { client, clock, logger }: ControlPlaneContext,
  { watches, mesh, survey, events }: StatusesDeps,
): StatusWriter {
  return new StatusWriter({
    client,
    clock,
    logger: logger.with({ part: 'status' }),
    wanted: () => {
      if (mesh.value === undefined) return [];
      const evidence = survey.policies();
      return evidence && policyStatuses(watches.cluster, mesh.value, evidence);
    },
    onWritten: (wanted) => {
      const before = wanted.object.status?.conditions ?? [];
      for (const occurrence of policyEvents(wanted, before)) events.record(occurrence);
    },
  });
}
