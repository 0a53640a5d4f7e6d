import { type ProxyFacts, type PodStanding, standingOf } from '../../../src/pods/standing.ts';
import { type LifeOptions, makeLivingPod } from './make-living-pod.ts';

export const created = Date.parse('2026-01-01T00:00:00Z');

/** So many milliseconds after the pod was created, as the API writes times. */
export const time = (ms: number): string => new Date(created + ms).toISOString();

const facts: ProxyFacts = {
  connected: false,
  complete: true,
  absentSince: created,
  wasConnected: false,
  alert: undefined,
  bootstrap: true,
  now: created,
};

/** How such a pod stands so many milliseconds after it was created; it never had a stream, unless set otherwise. */
export const standingAt = (
  life: LifeOptions,
  ms: number,
  more: Partial<ProxyFacts> = {},
): PodStanding => standingOf(makeLivingPod(life), { ...facts, ...more, now: created + ms });
