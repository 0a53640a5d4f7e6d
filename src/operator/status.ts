import { stamp } from '../api/condition.ts';
import type { Condition } from '../api/core.ts';
import type { MeshConfig, MeshConfigStatus } from '../api/gen/mesh-config.ts';
import { idleNotes } from '../api/idle-fields.ts';
import type { FindingKind } from '../api/mesh-report.ts';
import { deepEqual } from '../common/equal.ts';
import type { Frozen } from '../common/freeze.ts';
import { timestamp } from '../common/timestamp.ts';
import type { StatusInputs } from './condition-words.ts';
import { conditionsFor } from './conditions.ts';
import { reportIn } from './report-in.ts';
import type { CertificateBlock } from '../rotation/rotation-status.ts';
import { controlPlaneName } from '../api/control-plane-names.ts';
import { trafficAllowed } from '../api/traffic-allowed.ts';

type Status = Frozen<MeshConfigStatus>;

/** The input of a status besides the input of its conditions. */
export interface StatusParts {
  readonly version: string;
  readonly certificate: CertificateBlock;
}

/** The status that a MeshConfig should have. Pure. */
export function statusOf(
  meshConfig: MeshConfig,
  inputs: StatusInputs,
  { version, certificate }: StatusParts,
): Status {
  const generation = meshConfig.metadata.generation ?? 0;
  const current: readonly Condition[] = meshConfig.status?.conditions ?? [];
  const conditions = stamp(conditionsFor(inputs), current, { generation, now: inputs.now });
  const notes = idleNotes(meshConfig.spec);
  const head = { observedGeneration: generation, conditions, ...(notes.length > 0 && { notes }) };
  if (inputs.refusal !== undefined) return head;
  const lastCheckedTime = checkedAt(meshConfig, inputs.now);
  const traffic = trafficInForce(meshConfig, inputs);
  return {
    ...{ ...head, lastCheckedTime, version, certificate },
    ...(traffic && { traffic }),
    ...inForce(inputs, version),
  };
}

/**
 * The traffic settings that the control plane follows: those of the last spec without problems. A spec with problems,
 * or a MeshConfig that is being deleted, changes nothing here. Undefined while no spec was ever good.
 */
function trafficInForce(
  { spec, status }: MeshConfig,
  { problems, deleting }: StatusInputs,
): Status['traffic'] {
  return problems.length > 0 || deleting ? status?.traffic : trafficAllowed(spec.traffic);
}

/** The operator writes the status at least this often. An older status means that no operator is at work. */
const heartbeatMs = 60_000;

/** The time rounded to a minute, so that it changes the status at most once a minute. */
function checkedAt({ status }: MeshConfig, now: number): string {
  const last = Date.parse(status?.lastCheckedTime ?? '');
  const isFresh = last <= now && now - last < heartbeatMs;
  return isFresh ? (status?.lastCheckedTime ?? '') : timestamp(now);
}

/** Milliseconds until the heartbeat is due. */
export function untilHeartbeat({ status }: MeshConfig, now: number): number {
  const last = Date.parse(status?.lastCheckedTime ?? '');
  return Number.isNaN(last)
    ? heartbeatMs
    : Math.min(Math.max(last + heartbeatMs - now, 0), heartbeatMs);
}

function inForce(inputs: StatusInputs, version: string): Status {
  const { available, wanted } = inputs.rollout ?? { available: 0, wanted: 0 };
  const status = {
    components: [{ name: controlPlaneName, version, available: `${available}/${wanted}` }],
  };
  // Without a current report, old counts could be wrong.
  const report = reportIn(inputs);
  if (report === undefined) return status;
  const { findings, connected, synced, rejected, late = 0, expected, starting, leftOut } = report;
  const count = (kind: FindingKind): number =>
    findings.find((finding) => finding.kind === kind)?.count ?? 0;
  return {
    ...status,
    proxies: {
      ...{ connected, synced, rejected, late, expected, starting, leftOut },
      stuck: count('sidecar-stuck'),
      crashing: count('sidecar-crashing'),
      lost: count('sidecar-lost'),
      refusing: count('certificate-refused'),
      withoutSidecar: count('without-sidecar'),
      summary: `${synced}/${expected}`,
    },
  };
}

/** Whether the MeshConfig has this status already. The order of conditions does not count. */
export function isCurrent(meshConfig: MeshConfig, status: Status): boolean {
  return deepEqual(sorted(meshConfig.status ?? {}), sorted(status));
}

function sorted(status: Status): Status {
  const conditions = (status.conditions ?? []).toSorted((a, b) => (a.type < b.type ? -1 : 1));
  return { ...status, conditions };
}
