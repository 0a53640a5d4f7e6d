import { describe, expect, it } from '@jest/globals';
import { type LifeOptions, makeLivingPod } from '../../test/support/builders/make-living-pod.ts';
import { ledgerAt, runs, seen } from '../../test/support/builders/pod-ledger.ts';
import { standingAt as at, time } from '../../test/support/builders/pod-standing.ts';
import { FakeClock } from '../../test/support/time/fake-clock.ts';
import type { PodsLook } from './look.ts';
import { lostGraceMs, startGraceMs } from './standing.ts';

const nineMinutes = 540_000;
const sidecar = (status: object, more: LifeOptions = {}): LifeOptions => ({
  statuses: [{ name: 'envoy', ...status }],
  ...more,
});
const running = { state: { running: { startedAt: time(0) } } };
const lost = { absentSince: Date.parse(time(nineMinutes)) };
const again = { kind: 'starting', disconnected: 'it has 30 s to connect again' };

describe('case H: a sidecar that was connected and is not any more', () => {
  it('is reported as disconnected, not as starting, until it is lost', () => {
    const pod = sidecar({ started: true, ...running });
    expect(at(pod, nineMinutes, lost)).toEqual(again);
    expect(at(pod, nineMinutes + lostGraceMs - 1, lost)).toEqual(again);
    expect(at(pod, nineMinutes + lostGraceMs, lost).kind).toBe('sidecar-lost');
  });

  it('is reported so too by a control plane that just started, because its startup probe passed', () => {
    const now = { absentSince: Date.parse(time(nineMinutes)), wasConnected: false };
    expect(at(sidecar({ started: true, ...running }), nineMinutes, now)).toEqual(again);
  });

  it('is starting when no replica saw it connected', () => {
    expect(at(sidecar({ started: false, ...running }), 1000)).toEqual({ kind: 'starting' });
    expect(at({}, 1000, { wasConnected: true })).toEqual({ kind: 'starting' });
  });

  it('is not reported so while a replica that may have its stream cannot be asked', () => {
    const hidden = { ...lost, wasConnected: true, complete: false };
    const pod = sidecar({ started: true, ...running });
    expect(at(pod, nineMinutes + startGraceMs, hidden)).toEqual({ kind: 'starting' });
  });

  it.each([
    ['its node is silent', 'its node does not answer', { started: true, ...running }],
    [
      'it ended',
      'it ended and is to start again',
      { state: { terminated: { exitCode: 0, reason: 'Completed' } } },
    ],
    ['it runs anew', 'it has 60 s to connect again', { ...running, restartCount: 1 }],
  ])('is told with what is to come: %s', (_, disconnected, status) => {
    const conditions = [
      { type: 'Ready', status: 'False' },
      { type: 'ContainersReady', status: 'True' },
    ];
    const facts = { ...lost, wasConnected: true };
    const standing = at(sidecar(status, { conditions }), nineMinutes, facts);
    expect(standing).toEqual({ kind: 'starting', disconnected });
  });
});

describe('case H: a ledger whose sidecars lose their streams', () => {
  const kindsIn = ({ found }: PodsLook): readonly string[] => [...found.keys()];

  it('remembers the sidecars that it saw, through restarts and until they connect again', async () => {
    const clock = new FakeClock(Date.parse('2026-01-01T01:00:00Z'));
    const { ledger, pods } = ledgerAt(clock);
    const unready = [{ ...runs[0], started: false, restartCount: 1 }];
    pods.put(makeLivingPod({ name: 'a', statuses: runs }));
    expect(kindsIn(ledger.look(seen('a')))).toEqual([]);
    pods.put(makeLivingPod({ name: 'a', statuses: unready }));
    expect(kindsIn(ledger.look(seen()))).toEqual(['sidecar-disconnected']);
    await clock.advance(1000);
    expect(ledger.look(seen())).toMatchObject({ starting: 1, connected: 0, expected: 1 });
    expect(kindsIn(ledger.look(seen()))).toEqual(['sidecar-disconnected']);
    expect(kindsIn(ledger.look(seen('a')))).toEqual([]);
  });

  it('counts a new pod of the same name as starting', () => {
    const { ledger, pods } = ledgerAt(new FakeClock(Date.parse('2026-01-01T00:00:01Z')));
    pods.put(makeLivingPod({ name: 'a', statuses: runs }));
    ledger.look(seen('a'));
    const { metadata, ...rest } = makeLivingPod({ name: 'a' });
    pods.put({ ...rest, metadata: { ...metadata, uid: 'another' } });
    const look = ledger.look(seen());
    expect([look.starting, kindsIn(look)]).toEqual([1, []]);
  });

  it('says what helps, once a sidecar is lost', async () => {
    const clock = new FakeClock(Date.parse('2026-01-01T01:00:00Z'));
    const { ledger, pods } = ledgerAt(clock);
    pods.put(makeLivingPod({ name: 'a', statuses: runs }));
    ledger.look(seen());
    await clock.advance(lostGraceMs);
    expect(ledger.look(seen()).found.get('sidecar-lost')?.[0]?.next).toContain(
      'if that shows nothing new: kubectl delete pod -n shop a',
    );
  });
});
