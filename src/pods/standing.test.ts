import { describe, expect, it } from '@jest/globals';
import { type LifeOptions, makeLivingPod } from '../../test/support/builders/make-living-pod.ts';
import {
  hardGraceMs,
  isCertainlyWell,
  lostGraceMs,
  type ProxyFacts,
  refusedGraceMs,
  restartReportedMs,
  scheduleGraceMs,
  standingOf,
  startGraceMs,
} from './standing.ts';

const created = Date.parse('2026-01-01T00:00:00Z');
const facts: ProxyFacts = {
  connected: false,
  complete: true,
  absentSince: created,
  wasConnected: false,
  alert: undefined,
  bootstrap: true,
  now: created,
};

const waiting = (reason: string, message = ''): LifeOptions => ({
  statuses: [{ name: 'envoy', state: { waiting: { reason, message } } }],
});
const running = (started: boolean): LifeOptions => ({
  statuses: [{ name: 'envoy', started, state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }],
});
const restarted: LifeOptions = {
  statuses: [
    {
      name: 'envoy',
      started: true,
      restartCount: 2,
      state: { running: { startedAt: '2026-01-01T00:01:00Z' } },
      lastState: {
        terminated: { reason: 'OOMKilled', exitCode: 137, finishedAt: '2026-01-01T00:01:00Z' },
      },
    },
  ],
};

/** What a pod is called just before its time is over, and just after. */
const graces: readonly (readonly [string, LifeOptions, Partial<ProxyFacts>, number, string])[] = [
  ['its image cannot be pulled', waiting('ImagePullBackOff'), {}, hardGraceMs, 'sidecar-stuck'],
  ['its volumes are missing', waiting('PodInitializing'), {}, startGraceMs, 'sidecar-stuck'],
  ['nothing is known of its containers', {}, {}, startGraceMs, 'sidecar-stuck'],
  [
    'no node takes it',
    { conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes' }] },
    {},
    scheduleGraceMs,
    'sidecar-stuck',
  ],
  ['its sidecar runs and gets nothing', running(false), {}, startGraceMs, 'sidecar-stuck'],
  ['its sidecar has no stream any more', running(true), {}, lostGraceMs, 'sidecar-lost'],
  [
    'its sidecar refuses the certificate',
    running(true),
    { alert: 'unknown ca' },
    refusedGraceMs,
    'certificate-refused',
  ],
];

describe('case H: the standing of a pod', () => {
  it.each(graces)('%s: it starts, then it is called so', (...[, life, more, graceMs, kind]) => {
    const pod = makeLivingPod(life);
    const at = (ms: number): string =>
      standingOf(pod, { ...facts, ...more, now: created + ms }).kind;
    expect([at(graceMs - 1), at(graceMs)]).toEqual(['starting', kind]);
  });

  it('says what the pod waits for, with the words of the kubelet cut to one line', () => {
    const pod = makeLivingPod(waiting('ErrImagePull', `no\n\u001B[31m\nsuch ${'x'.repeat(900)}`));
    const standing = standingOf(pod, { ...facts, now: created + hardGraceMs });
    const why = 'why' in standing ? standing.why : '';
    expect(why).toMatch(/^container envoy: ErrImagePull, no \[31m such x{146}…$/);
  });

  it('says that the namespace has no bootstrap', () => {
    const pod = makeLivingPod({
      conditions: [{ type: 'PodReadyToStartContainers', status: 'False' }],
    });
    const late = { ...facts, bootstrap: false, now: created + startGraceMs };
    expect(standingOf(pod, late)).toEqual({
      kind: 'sidecar-stuck',
      why: 'its volumes or its network are not ready yet, and its namespace has no ConfigMap weft-bootstrap',
    });
  });

  it('reports a crash at once, and a restart for a while', () => {
    expect(standingOf(makeLivingPod(waiting('CrashLoopBackOff')), facts).kind).toBe(
      'sidecar-crashing',
    );
    const connected = { ...facts, connected: true, now: created + 60_000 + restartReportedMs };
    expect(standingOf(makeLivingPod(restarted), connected)).toEqual({
      kind: 'sidecar-restarted',
      why: 'its sidecar restarted 2 times: OOMKilled, exit code 137',
    });
    expect(standingOf(makeLivingPod(restarted), { ...connected, now: connected.now + 1 })).toEqual({
      kind: 'well',
    });
  });

  it.each([
    ['runs', running(true), true],
    ['runs and is not ready', running(false), true],
    ['is of no known state', {}, undefined],
    ['waits', waiting('PodInitializing'), undefined],
    ['crashes', waiting('CrashLoopBackOff'), false],
    ['restarted', restarted, false],
  ])(
    'needs no closer look only where that would find a pod well: its sidecar %s',
    (...[, life, isPlain]) => {
      const pod = makeLivingPod(life);
      const closer = standingOf(pod, { ...facts, connected: true, now: created + 60_000 }).kind;
      if (isPlain !== undefined) expect(isCertainlyWell(pod)).toBe(isPlain);
      if (isCertainlyWell(pod)) expect(closer).toBe('well');
    },
  );

  it('reports no proxy as lost while a replica cannot be asked', () => {
    const later = { ...facts, complete: false, now: created + 3_600_000 };
    expect(standingOf(makeLivingPod(running(true)), later).kind).toBe('starting');
  });
});

/** As the kubelet writes them of a sidecar that ran, ended and is not running yet. */
const between: readonly (readonly [string, object, number, string])[] = [
  [
    'ended well, as when a user asks it to',
    {
      state: {
        terminated: { exitCode: 0, reason: 'Completed', finishedAt: '2026-01-01T00:13:00Z' },
      },
      lastState: {},
    },
    hardGraceMs,
    'Completed, exit code 0',
  ],
  [
    'was killed',
    {
      state: {
        terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-01-01T00:13:00Z' },
      },
      lastState: {},
    },
    hardGraceMs,
    'container envoy ended: OOMKilled, exit code 137',
  ],
  [
    'went with its node, and the kubelet does not know when',
    {
      state: { waiting: { reason: 'PodInitializing' } },
      lastState: {
        terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', finishedAt: null },
      },
    },
    startGraceMs,
    'container envoy has not started',
  ],
];

describe('case H: a sidecar between its end and its restart', () => {
  it.each(between)('%s: it restarts, and is never stuck at its start', (...[, status, ms, why]) => {
    const done = { terminated: { exitCode: 0, reason: 'Completed' } };
    const pod = makeLivingPod({
      statuses: [
        { name: 'weft-init', started: false, restartCount: 0, state: done },
        { name: 'envoy', started: false, ready: false, restartCount: 0, ...status },
      ],
    });
    const absentSince = created + 780_000;
    const at = (since: number): ReturnType<typeof standingOf> =>
      standingOf(pod, { ...facts, absentSince, now: absentSince + since });
    expect([at(0).kind, at(ms - 1).kind]).toEqual(['starting', 'starting']);
    expect(at(ms)).toEqual({
      kind: 'sidecar-crashing',
      why: `its sidecar ended and has not started again: ${why}`,
    });
  });
});
