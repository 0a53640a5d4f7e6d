import { describe, expect, it } from '@jest/globals';
import type { LifeOptions } from '../../test/support/builders/make-living-pod.ts';
import { created, standingAt as at, time } from '../../test/support/builders/pod-standing.ts';
import { hardGraceMs, refusedGraceMs, restartReportedMs, startGraceMs } from './standing.ts';

const noSandbox = { conditions: [{ type: 'PodReadyToStartContainers', status: 'False' }] };

/** A pod whose init container is done and whose sidecar is as told. */
const sidecar = (status: object, more: LifeOptions = {}): LifeOptions => ({
  statuses: [
    { name: 'weft-init', state: { terminated: { exitCode: 0, reason: 'Completed' } } },
    { name: 'envoy', started: false, ...status },
  ],
  ...more,
});
const runs = (ms: number, more: object = {}): LifeOptions =>
  sidecar({ state: { running: { startedAt: time(ms) } }, ...more });
const end = (exitCode: number, ms: number): object => ({
  terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAt: time(ms) },
});

describe('case H: a sidecar that restarts and never connects', () => {
  const probed = runs(605_000, { restartCount: 1, lastState: end(137, 605_000) });

  it('stays stuck, however often its start-up probe restarts it', () => {
    expect(at(runs(5000), 599_000).kind).toBe('sidecar-stuck');
    expect(at(probed, 610_000).kind).toBe('sidecar-stuck');
    const fifth = runs(600_000, { restartCount: 5, lastState: end(137, 600_000) });
    expect(at(fifth, 610_000).kind).toBe('sidecar-stuck');
  });

  it('has its minute from when it lost its stream, when it had that until it restarted', () => {
    const absentSince = created + 604_000;
    expect(at(probed, 604_000 + startGraceMs - 1, { absentSince }).kind).toBe('starting');
    expect(at(probed, 604_000 + startGraceMs, { absentSince }).kind).toBe('sidecar-stuck');
  });

  it('has its minute from when a node took its pod, when that waited for a node', () => {
    const conditions = [
      { type: 'PodScheduled', status: 'True', lastTransitionTime: time(600_000) },
    ];
    const young = { ...probed, conditions };
    expect(at(young, 600_000 + startGraceMs - 1).kind).toBe('starting');
    expect(at(young, 600_000 + startGraceMs).kind).toBe('sidecar-stuck');
  });
});

/** As after a reboot of its node: the kubelet sets the pod up anew, and tells of the old container or does not. */
const rebooted: readonly (readonly [string, object])[] = [
  ['waits', { state: { waiting: { reason: 'PodInitializing' } }, lastState: end(0, -9_000_000) }],
  ['crashed before', { state: { waiting: { reason: 'PodInitializing' } }, lastState: end(1, -9) }],
  ['went with its node', { state: end(255, 0) }],
];

describe('case H: a sidecar that restarted before', () => {
  it.each(rebooted)('has a minute while its pod is set up again: its container %s', (_, status) => {
    for (const restartCount of [0, 1]) {
      const pod = sidecar({ restartCount, ...status }, noSandbox);
      expect(at(pod, 1000).kind).toBe('starting');
      expect(at(pod, startGraceMs - 1).kind).toBe('starting');
      expect(at(pod, startGraceMs).kind).toBe('sidecar-crashing');
    }
  });

  it('has 15 s to run again after it ended well', () => {
    const pod = sidecar({ restartCount: 1, state: end(0, 0), lastState: end(0, -9_000_000) });
    expect(at(pod, hardGraceMs - 1).kind).toBe('starting');
    expect(at(pod, hardGraceMs)).toEqual({
      kind: 'sidecar-crashing',
      why: 'its sidecar ended and has not started again: Completed, exit code 0',
    });
  });

  it('crashes at once when it fails again, also before the kubelet waits to restart it', () => {
    const failed = sidecar({ restartCount: 1, state: end(1, 0), lastState: end(1, -9000) });
    const why = 'its sidecar restarted once: Error, exit code 1';
    expect(at(failed, 1)).toEqual({ kind: 'sidecar-crashing', why });
    expect(at(failed, 1, { connected: true })).toEqual({ kind: 'sidecar-crashing', why });
    const waits = { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: end(1, 0) };
    expect(at(sidecar({ restartCount: 1, ...waits }), 1)).toEqual({
      kind: 'sidecar-crashing',
      why,
    });
  });
});

describe('case H: how long a restart is reported', () => {
  const connected = { connected: true, absentSince: undefined };

  it.each([
    ['the kubelet does not know the end', null],
    ['its node was away for an hour', time(-3_600_000)],
  ])('counts from when the sidecar runs again: %s', (_, finishedAt) => {
    const terminated = { exitCode: 137, reason: 'ContainerStatusUnknown', finishedAt };
    const pod = runs(0, { started: true, restartCount: 1, lastState: { terminated } });
    const why = 'its sidecar restarted once: ContainerStatusUnknown, exit code 137';
    expect(at(pod, startGraceMs, connected)).toEqual({ kind: 'sidecar-restarted', why });
    expect(at(pod, restartReportedMs, connected).kind).toBe('sidecar-restarted');
    expect(at(pod, restartReportedMs + 1, connected).kind).toBe('well');
  });
});

describe('case H: an alert from the address of a pod', () => {
  const alert = 'certificate unknown';

  it('is none of a sidecar that does not run', () => {
    const wait = sidecar({ state: { waiting: { reason: 'PodInitializing' } } });
    expect(at(wait, 20_000, { alert }).kind).toBe('starting');
    expect(at(wait, startGraceMs, { alert }).kind).toBe('sidecar-stuck');
  });

  it('counts once the sidecar has run for 15 s, for an earlier pod may have had the address', () => {
    expect(at(runs(20_000), 20_000 + refusedGraceMs - 1, { alert }).kind).toBe('starting');
    expect(at(runs(20_000), 20_000 + refusedGraceMs, { alert })).toEqual({
      kind: 'certificate-refused',
      why: 'its sidecar reports: certificate unknown',
    });
  });

  it('counts at once again for a sidecar that was away and restarted', () => {
    const again = runs(60_000, { restartCount: 1, lastState: end(1, 60_000) });
    expect(at(again, 61_000, { alert }).kind).toBe('certificate-refused');
  });
});
