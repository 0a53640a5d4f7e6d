// Input: one pod that is inside the mesh, and whether its proxy has a stream. Output: the state of the proxy. Rule: no
// problem is reported before an ordinary start or reconnection has had its time.
import type { FindingKind } from '../api/mesh-report.ts';
import type { PodHold } from './held.ts';
import type { LivingPod, PodLife, SidecarLife } from './pod-life.ts';
import { hasRun } from './switch-standing.ts';

/** The state of the proxy of a pod that is inside. `starting` is no problem: it still has time. */
export type PodStanding =
  | { readonly kind: 'well' }
  /** `disconnected`: the proxy was connected and is not any more; says what will happen next. */
  | { readonly kind: 'starting'; readonly disconnected?: string }
  | { readonly kind: FindingKind; readonly why: string };

/** What is known of a proxy besides its pod. Times are milliseconds since the epoch. */
export interface ProxyFacts {
  readonly connected: boolean;
  /** False while a replica cannot be asked: the proxy may be connected to that one. */
  readonly complete: boolean;
  /** Since when it has had no stream; undefined while it has one. */
  readonly absentSince: number | undefined;
  /** Whether the ledger saw a stream of it, at any replica, before that. */
  readonly wasConnected: boolean;
  /** The TLS alert with which it refused the control plane's certificate. */
  readonly alert: string | undefined;
  /** Whether the pod's namespace has the ConfigMap that sidecars start from. */
  readonly bootstrap: boolean;
  readonly now: number;
}

/** Time in which the kubelet may still pull or create a container that it gave up on. */
export const hardGraceMs = 15_000;
/** Time for a pod to start or a proxy to connect; and for a pod to find a node. */
export const startGraceMs = 60_000;
export const scheduleGraceMs = 300_000;
/** Time that a connected proxy may be without a stream, as when replicas are replaced. */
export const lostGraceMs = 30_000;
/** Time in which a proxy that refuses one replica's certificate may find another replica. */
export const refusedGraceMs = 15_000;
/** How long a restart of a sidecar is reported. */
export const restartReportedMs = 600_000;

const beforeItRunsMs: Readonly<Record<PodHold['kind'], number>> = {
  hard: hardGraceMs,
  soft: startGraceMs,
  unscheduled: scheduleGraceMs,
  gated: Number.POSITIVE_INFINITY,
};

/**
 * Pure. Whether a pod that is `inside` is certainly well if its proxy has a stream: most pods are, and need no closer
 * look.
 */
export function isCertainlyWell({ life: { sidecar } }: LivingPod): boolean {
  return sidecar !== undefined && sidecar.restarts === 0 && !sidecar.backOff;
}

/** Pure. For a pod that is `inside`. */
export function standingOf(pod: LivingPod, facts: ProxyFacts): PodStanding {
  const { sidecar } = pod.life;
  if (sidecar === undefined) return { kind: 'starting' };
  if (isCrashing(sidecar)) {
    const why = `its sidecar restarted ${times(sidecar.restarts)}: ${sidecar.ended?.why ?? 'no reason given'}`;
    return { kind: 'sidecar-crashing', why };
  }
  if (facts.connected) return restartedLately(sidecar, facts.now) ?? { kind: 'well' };
  return sidecar.runningSince === undefined
    ? whileItDoesNotRun(pod, facts)
    : withoutStream(pod.life, sidecar.runningSince, facts);
}

function whileItDoesNotRun(pod: LivingPod, facts: ProxyFacts): PodStanding {
  return hasRun(pod) ? afterItsEnd(pod.life, facts) : beforeItRuns(pod.life, facts);
}

function isAbsentFor(ms: number, { absentSince, now }: ProxyFacts): boolean {
  return absentSince !== undefined && now - absentSince >= ms;
}

/** The kubelet restarts a sidecar at once after its first failure: that is reported as a restart, not as crashing. */
function isCrashing({ backOff, failed, restarts }: SidecarLife): boolean {
  return backOff || (failed && restarts > 0);
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

/**
 * Reported from when the sidecar runs again: its node may have been away for long, or the kubelet may not know the end.
 */
function restartedLately(sidecar: SidecarLife, now: number): PodStanding | undefined {
  const { restarts, ended, runningSince = 0 } = sidecar;
  if (restarts === 0 || ended === undefined) return undefined;
  if (now - Math.max(ended.at, runningSince) > restartReportedMs) return undefined;
  return {
    kind: 'sidecar-restarted',
    why: `its sidecar restarted ${times(restarts)}: ${ended.why}`,
  };
}

/** The time counts again from when a node takes the pod: the kubelet knows nothing of it before. */
function beforeItRuns({ created, scheduled = 0, held }: PodLife, facts: ProxyFacts): PodStanding {
  const age = facts.now - Math.max(created, scheduled);
  if (age < beforeItRunsMs[held?.kind ?? 'soft']) return { kind: 'starting' };
  const why = held?.why ?? 'the kubelet has not started it';
  const missing = facts.bootstrap ? '' : ', and its namespace has no ConfigMap weft-bootstrap';
  return { kind: 'sidecar-stuck', why: `${why}${missing}` };
}

/**
 * The state between the sidecar's end and its restart. The kubelet restarts it at once the first time, which is
 * reported as a restart once it runs again. Time counts by the control plane's own clock, since the kubelet may not
 * know when it ended.
 */
function afterItsEnd({ sidecar, held }: PodLife, facts: ProxyFacts): PodStanding {
  if (!isAbsentFor(held?.kind === 'soft' ? startGraceMs : hardGraceMs, facts)) {
    return onItsWay(facts, 'it ended and is to start again');
  }
  const why = held?.why ?? sidecar?.ended?.why ?? 'no reason given';
  return { kind: 'sidecar-crashing', why: `its sidecar ended and has not started again: ${why}` };
}

function withoutStream(life: PodLife, runningSince: number, facts: ProxyFacts): PodStanding {
  const { alert, complete, now } = facts;
  const tried = now - triesSince(life, runningSince, facts);
  // An earlier pod may have had the address that the alert came from.
  if (alert !== undefined && tried >= refusedGraceMs && isAbsentFor(refusedGraceMs, facts)) {
    return { kind: 'certificate-refused', why: `its sidecar reports: ${alert}` };
  }
  // It may be connected to the replica that cannot be asked.
  if (!complete) return { kind: 'starting' };
  if (life.sidecar?.started === true) return afterItsStream(life, facts);
  if (tried < startGraceMs) return onItsWay(facts, timeToConnect(startGraceMs));
  return { kind: 'sidecar-stuck', why: 'its sidecar runs but has not reached the control plane' };
}

/**
 * Since when the sidecar could have reached the control plane. A restart gives no new time: the startup probe restarts
 * a sidecar that cannot connect, again and again. The time in which its pod waited for a node does not count.
 */
function triesSince(
  { sidecar, scheduled = 0 }: PodLife,
  runningSince: number,
  { absentSince, now }: ProxyFacts,
): number {
  const restarts = sidecar?.restarts ?? 0;
  return restarts === 0 ? runningSince : Math.max(absentSince ?? now, scheduled);
}

/** A sidecar whose stream the ledger never saw may be connecting for the first time. */
function onItsWay({ wasConnected }: ProxyFacts, disconnected: string): PodStanding {
  return { kind: 'starting', ...(wasConnected && { disconnected }) };
}

function timeToConnect(ms: number): string {
  return `it has ${ms / 1000} s to connect again`;
}

/** Its startup probe passed, so it was connected, whether or not the ledger saw it. */
function afterItsStream({ nodeSilent }: PodLife, facts: ProxyFacts): PodStanding {
  if (!isAbsentFor(lostGraceMs, facts)) {
    const disconnected = nodeSilent ? 'its node does not answer' : timeToConnect(lostGraceMs);
    return { kind: 'starting', disconnected };
  }
  const why = nodeSilent
    ? 'its node does not answer, and its sidecar has no stream to the control plane'
    : 'its sidecar runs and has no stream to the control plane';
  return { kind: 'sidecar-lost', why };
}
