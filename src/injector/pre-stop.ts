import type { PatchOperation } from '../api/admission.ts';
import { preStopSeconds } from '../api/labels.ts';
import type { AdmittedPod } from './admitted-pod.ts';

/** How a deleted pod stops. */
export interface PreStop {
  /** Seconds that containers without a preStop hook go on serving. */
  readonly seconds: number;
  /** Seconds that the sidecar stays at least. */
  readonly sidecarSeconds: number;
}

const usual = 5;
/** Time for the last answers of an application that ends at once. */
const margin = 2;
const defaultGrace = 30;

/**
 * When a pod is deleted, Kubernetes tells the application to stop at the same time as it tells callers
 * to stop calling. A short sleep before the stop signal closes that gap. The pod's annotation
 * sets its length, 0 turns it off; without one it takes at most half of the grace period (docs/decisions/0042).
 */
export function planPreStop(pod: AdmittedPod, problems: string[]): PreStop {
  const grace = pod.spec.terminationGracePeriodSeconds ?? defaultGrace;
  const seconds = sleepSeconds(pod, grace, problems);
  // In a pod that runs to completion the sleep would only delay its end.
  const lasting = (pod.spec.restartPolicy ?? 'Always') === 'Always';
  const sidecarSeconds = lasting && seconds > 0 ? Math.min(seconds + margin, grace) : 0;
  return { seconds, sidecarSeconds };
}

function sleepSeconds({ metadata }: AdmittedPod, grace: number, problems: string[]): number {
  const written = metadata.annotations?.[preStopSeconds];
  if (written === undefined) return Math.min(usual, Math.floor(grace / 2));
  const seconds = /^\d{1,5}$/.test(written) ? Number(written) : Infinity;
  if (seconds === 0 || seconds < grace) return seconds;
  problems.push(
    `annotation ${preStopSeconds} is ${JSON.stringify(written)}; expected whole seconds, ` +
      `0 or fewer than the pod's terminationGracePeriodSeconds (${grace})`,
  );
  return 0;
}

/** Adds that sleep to the application's containers, except those that have a preStop hook. */
export function delayStop({ spec }: AdmittedPod, seconds: number): readonly PatchOperation[] {
  if (seconds === 0) return [];
  const preStop = { sleep: { seconds } };
  return spec.containers.flatMap(({ lifecycle }, at): PatchOperation[] => {
    const path = `/spec/containers/${at}/lifecycle`;
    if (!lifecycle) return [{ op: 'add', path, value: { preStop } }];
    return lifecycle.preStop ? [] : [{ op: 'add', path: `${path}/preStop`, value: preStop }];
  });
}
