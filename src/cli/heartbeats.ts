// Input: the objects as the API server has them, and the time. Output: whether operator and control plane are at
// work. Rule: only the heartbeats decide, because everything else that they wrote stays when they are gone.
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { HeartbeatFact } from './certificate-facts.ts';
import type { Problem, Severity } from './problem.ts';

/** The operator writes status.lastCheckedTime once a minute. */
const operatorSilenceMs = 120_000;
/** The control plane writes reportedAt every 30 s. */
const controlPlaneSilenceMs = 90_000;

/**
 * When the operator checked last, if that was so long ago that it is not at work; undefined while it is. Also
 * undefined for a MeshConfig that is not active, which has no heartbeat.
 */
export function operatorAwaySince({ status }: MeshConfig, now: number): string | undefined {
  const { lastCheckedTime } = status ?? {};
  return isOlder(lastCheckedTime, now - operatorSilenceMs) ? lastCheckedTime : undefined;
}

/** Whether the operator is not at work, if `since` is the time of its last check. */
export function operatorAway({ metadata }: MeshConfig, since: string): Problem {
  const { namespace = '' } = metadata;
  return {
    severity: 'held',
    code: 'operator-away',
    message:
      `The operator last reported at ${since}, more than two minutes ago by the clock of this machine: it is not ` +
      'at work. This output shows the state at that time. Until an operator is at work, Weft repairs nothing, renews no ' +
      'root, and applies no edit of the MeshConfig and no switch.',
    remedy: `Find out why it does not run: kubectl get deployment -n ${namespace} weft-operator`,
  };
}

/** Whether the control plane is at work; `unknown` where its heartbeat cannot be read, or was never written. */
export type Pulse = 'beating' | 'silent' | 'unknown';

export function pulseOf(heartbeat: HeartbeatFact, now: number): Pulse {
  if (heartbeat.kind !== 'reported') return 'unknown';
  return isOlder(heartbeat.at, now - controlPlaneSilenceMs) ? 'silent' : 'beating';
}

/** The problem of a control plane without a recent heartbeat. `severity` applies if its heartbeat is old. */
export function controlPlaneAway(heartbeat: HeartbeatFact, severity: Severity): Problem {
  const code = 'control-plane-away';
  switch (heartbeat.kind) {
    case 'reported': {
      const message = `The control plane last reported at ${heartbeat.at}, more than 90 s ago by the clock of this machine. While it is not at work, Weft issues and renews no certificates.`;
      return { severity, code, message };
    }
    case 'not-reported': {
      const message = `It is unknown whether a control plane is at work: ConfigMap weft-proxies has no heartbeat.`;
      return { severity: 'unknown', code, message };
    }
    case 'not-readable': {
      const message = `It is unknown whether a control plane is at work: ${heartbeat.why}.`;
      return { severity: 'unknown', code, message };
    }
  }
}

function isOlder(time: string | undefined, than: number): boolean {
  return Date.parse(time ?? '') < than;
}
