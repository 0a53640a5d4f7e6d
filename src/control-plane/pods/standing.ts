// Input: one pod that is inside the mesh, and whether its proxy has a stream. Output: how the proxy fares.
// Rule: nothing is called wrong before an ordinary start or reconnection has had its time.
import type { FindingKind } from '../../api/mesh-report.ts';
import type { LivingPod, SidecarLife } from './pod-life.ts';
import { hasRun } from './switch-standing.ts';

/** How the proxy of a pod that is inside fares. `starting` is no trouble. */
export type Standing =
  { readonly kind: 'well' | 'starting' } | { readonly kind: FindingKind; readonly why: string };

/** What is known of a proxy besides its pod. Times are milliseconds since the epoch. */
export interface ProxyFacts {
  readonly connected: boolean;
  /** False while a replica cannot be asked: the proxy may be connected to that one. */
  readonly complete: boolean;
  /** Since when it has been seen without a stream; undefined while it has one. */
  readonly absentSince: number | undefined;
  /** What it said when it refused the control plane's certificate. */
  readonly alert: string | undefined;
  /** Whether the pod's namespace has the ConfigMap that sidecars start from. */
  readonly bootstrap: boolean;
  readonly now: number;
}

/** A container that the kubelet gave up on may be pulled or created again within this time. */
export const hardGraceMs = 15_000;
/** A pod may take so long to start, a proxy to connect, and a pod to find a node. */
export const startGraceMs = 60_000;
export const scheduleGraceMs = 300_000;
/** A proxy that was connected may be so long without a stream, as when replicas are replaced. */
export const lostGraceMs = 30_000;
/** A proxy that one replica's certificate does not suit may find another replica. */
export const refusedGraceMs = 15_000;
/** A restart of a sidecar is told so long. */
export const restartToldMs = 600_000;

/** Pure. Whether a pod that is `inside` is well for sure if its proxy has a stream: most are, and need no closer look. */
export function hasNothingToTell({ life: { sidecar } }: LivingPod): boolean {
  return sidecar !== undefined && sidecar.restarts === 0 && !sidecar.backOff;
}

/** Pure. For a pod that is `inside`. */
export function standingOf(pod: LivingPod, facts: ProxyFacts): Standing {
  const { sidecar } = pod.life;
  if (sidecar === undefined) return { kind: 'starting' };
  if (isCrashing(sidecar)) {
    const why = `its sidecar restarted ${times(sidecar.restarts)}: ${sidecar.ended?.why ?? 'no reason given'}`;
    return { kind: 'sidecar-crashing', why };
  }
  if (facts.connected) return restartedLately(sidecar, facts.now) ?? { kind: 'well' };
  if (facts.alert !== undefined && isAbsentFor(refusedGraceMs, facts)) {
    return { kind: 'certificate-refused', why: `its sidecar says: ${facts.alert}` };
  }
  return sidecar.runningSince === undefined
    ? whileItDoesNotRun(pod, facts)
    : withoutStream(sidecar, sidecar.runningSince, facts);
}

function whileItDoesNotRun(pod: LivingPod, facts: ProxyFacts): Standing {
  return hasRun(pod) ? afterItsEnd(pod.life, facts) : beforeItRuns(pod.life, facts);
}

function isAbsentFor(ms: number, { absentSince, now }: ProxyFacts): boolean {
  return absentSince !== undefined && now - absentSince >= ms;
}

function isCrashing({ backOff, restarts, runningSince }: SidecarLife): boolean {
  return backOff || (restarts > 0 && runningSince === undefined);
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function restartedLately({ restarts, ended }: SidecarLife, now: number): Standing | undefined {
  if (restarts === 0 || ended === undefined || now - ended.at > restartToldMs) return undefined;
  return {
    kind: 'sidecar-restarted',
    why: `its sidecar restarted ${times(restarts)}: ${ended.why}`,
  };
}

function beforeItRuns({ created, held }: LivingPod['life'], facts: ProxyFacts): Standing {
  const age = facts.now - created;
  const grace =
    held?.kind === 'hard'
      ? hardGraceMs
      : held?.kind === 'unscheduled'
        ? scheduleGraceMs
        : startGraceMs;
  if (age < grace) return { kind: 'starting' };
  const why = held?.why ?? 'the kubelet has not begun to start it';
  const missing = facts.bootstrap ? '' : ', and its namespace has no ConfigMap weft-bootstrap';
  return { kind: 'sidecar-stuck', why: `${why}${missing}` };
}

/**
 * Between its end and the restart, which the kubelet makes at once the first time: that is told as a restart
 * as soon as it runs again. The control plane's own clock counts, for a kubelet may not know when it ended.
 */
function afterItsEnd({ sidecar, held }: LivingPod['life'], facts: ProxyFacts): Standing {
  if (!isAbsentFor(held?.kind === 'soft' ? startGraceMs : hardGraceMs, facts)) {
    return { kind: 'starting' };
  }
  const why = held?.why ?? sidecar?.ended?.why ?? 'no reason given';
  return { kind: 'sidecar-crashing', why: `its sidecar ended and has not started again: ${why}` };
}

function withoutStream(
  { started }: SidecarLife,
  runningSince: number,
  facts: ProxyFacts,
): Standing {
  const { complete, now } = facts;
  // Nobody knows whether it is connected to the replica that cannot be asked.
  if (!complete) return { kind: 'starting' };
  if (!started) {
    if (now - runningSince < startGraceMs) return { kind: 'starting' };
    return { kind: 'sidecar-stuck', why: 'its sidecar runs but has not reached the control plane' };
  }
  if (!isAbsentFor(lostGraceMs, facts)) return { kind: 'starting' };
  return { kind: 'sidecar-lost', why: 'its sidecar runs and has no stream to the control plane' };
}
