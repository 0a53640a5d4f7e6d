import { describe, expect, it } from '@jest/globals';
import type { LifeOptions } from '../../test/support/builders/make-living-pod.ts';
import { standingAt as at, time } from '../../test/support/builders/pod-standing.ts';
import { hardGraceMs, lostGraceMs, scheduleGraceMs, startGraceMs } from './standing.ts';

const waiting = (reason: string): LifeOptions => ({
  statuses: [{ name: 'envoy', state: { waiting: { reason } } }],
});
const taken = (lastTransitionTime: string | null): LifeOptions => ({
  conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime }],
});

describe('case H: a pod that waits for a node', () => {
  it.each([
    ['the kubelet has not begun', {}, startGraceMs],
    ['its containers are made', waiting('ContainerCreating'), startGraceMs],
    ['its image could not be pulled', waiting('ErrImagePull'), hardGraceMs],
  ])('has its time from when a node takes it: %s', (...[, life, graceMs]) => {
    const pod = { ...life, ...taken(time(240_000)) };
    expect(at(pod, 240_000 + graceMs - 1).kind).toBe('starting');
    expect(at(pod, 240_000 + graceMs).kind).toBe('sidecar-stuck');
  });

  it.each([null, 'soon', time(-60_000)])(
    'has its time from its creation when nothing later is known: %s',
    (since) => {
      expect(at(taken(since), startGraceMs - 1).kind).toBe('starting');
      expect(at(taken(since), startGraceMs).kind).toBe('sidecar-stuck');
    },
  );

  it('has no problem while scheduling gates hold it, which is on purpose', () => {
    const message = 'Scheduling is blocked due to non-empty scheduling gates';
    const condition = { type: 'PodScheduled', status: 'False', message };
    const gated = { conditions: [{ ...condition, reason: 'SchedulingGated' }] };
    expect(at(gated, 30 * 86_400_000).kind).toBe('starting');
    const unschedulable = { conditions: [{ ...condition, reason: 'Unschedulable' }] };
    expect(at(unschedulable, scheduleGraceMs).kind).toBe('sidecar-stuck');
  });
});

describe('case H: a pod on a node that does not answer', () => {
  const ready = (reason: string | undefined, containersReady: string): LifeOptions => ({
    statuses: [{ name: 'envoy', started: true, state: { running: { startedAt: time(0) } } }],
    conditions: [
      { type: 'Ready', status: 'False', ...(reason === undefined ? {} : { reason }) },
      { type: 'ContainersReady', status: containersReady },
    ],
  });

  it('counts as lost, and nothing is claimed of its sidecar', () => {
    expect(at(ready(undefined, 'True'), lostGraceMs - 1).kind).toBe('starting');
    expect(at(ready(undefined, 'True'), lostGraceMs)).toEqual({
      kind: 'sidecar-lost',
      why: 'its node does not answer, and its sidecar has no stream to the control plane',
    });
  });

  it.each([
    ['its containers are not ready', ready('ContainersNotReady', 'False')],
    ['its readiness gates are not met', ready('ReadinessGatesNotReady', 'True')],
  ])('is not taken for a pod that the kubelet calls not ready: %s', (_, life) => {
    expect(at(life, lostGraceMs)).toEqual({
      kind: 'sidecar-lost',
      why: 'its sidecar runs and has no stream to the control plane',
    });
  });
});
