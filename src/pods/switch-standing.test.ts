import { describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '../api/core.ts';
import { keepPod } from './pod-life.ts';
import { switchStanding } from './switch-standing.ts';

const terminated = { reason: 'OOMKilled', exitCode: 137, finishedAt: '2026-01-01T00:00:00Z' };
const running = { running: { startedAt: '2026-01-01T00:00:00Z' } };

function standingOf(status: object, setAside: readonly string[] = [], sidecar = 'envoy'): string {
  const pod = keepPod({
    ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'shop', uid: 'u' } },
    spec: {
      initContainers: [{ name: sidecar, restartPolicy: 'Always' }],
      containers: [],
      volumes: [{ name: 'weft-bootstrap' }],
    },
    status: { initContainerStatuses: [{ name: 'envoy', ...status }] },
  } as unknown as KubernetesObject);
  const pods = { objects: new Map([['shop/a', pod]]) };
  return switchStanding({ pod: 'shop/a', uid: 'u' }, pods, setAside);
}

describe('what a proxy that is behind counts for in a switch', () => {
  it.each([
    ['runs and is frozen', { started: true, state: running }],
    ['runs and has not started yet', { started: false, state: running }],
    ['crashed', { restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
    ['ended', { state: { terminated } }],
  ])('one, when its sidecar %s', (_, status) => {
    expect(standingOf(status)).toBe('counts');
    expect(standingOf(status, ['shop/a'])).toBe('aside');
    expect(standingOf(status, ['shop/*'])).toBe('aside');
    expect(standingOf(status, ['other/*'])).toBe('counts');
  });

  it.each([{}, { started: false, state: { waiting: { reason: 'ImagePullBackOff' } } }])(
    'none, when no kubelet started it: %j',
    (status) => {
      expect(standingOf(status, ['shop/*'])).toBe('unstarted');
    },
  );

  it('none, when the pod has no sidecar, and one when nothing is known of it', () => {
    expect(standingOf({ state: running }, [], 'other')).toBe('unstarted');
    expect(switchStanding({ pod: 'shop/a', uid: 'u' }, { objects: new Map() }, [])).toBe('counts');
  });
});
