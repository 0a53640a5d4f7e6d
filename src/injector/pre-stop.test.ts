import { describe, expect, it } from '@jest/globals';
import { ask, inject, messageOf, sidecarOf } from '../../test/support/injector/injected-pod.ts';
import { makeAdmittedPod } from '../../test/support/injector/injection.ts';
import { preStopSeconds } from '../api/labels.ts';
import type { AdmittedPod } from './admitted-pod.ts';

describe('the way a pod takes its leave', () => {
  const sleeps = (pod: AdmittedPod): unknown => {
    const injected = inject(pod);
    const parts = [...injected.spec.containers, sidecarOf(injected)];
    return parts.map((part) => part?.lifecycle?.preStop);
  };
  const sleep = (seconds: number): object => ({ sleep: { seconds } });
  const annotated = (value: string, spec: Partial<AdmittedPod['spec']> = {}): AdmittedPod =>
    makeAdmittedPod(spec, { annotations: { [preStopSeconds]: value } });

  it.each<[string, AdmittedPod, unknown]>([
    ['usual', makeAdmittedPod(), [sleep(5), sleep(7)]],
    ['short grace', makeAdmittedPod({ terminationGracePeriodSeconds: 4 }), [sleep(2), sleep(4)]],
    ['hardly any', makeAdmittedPod({ terminationGracePeriodSeconds: 1 }), [undefined, undefined]],
    ['no grace', makeAdmittedPod({ terminationGracePeriodSeconds: 0 }), [undefined, undefined]],
    ['set', annotated('12'), [sleep(12), sleep(14)]],
    ['turned off', annotated('0'), [undefined, undefined]],
    [
      'off without grace',
      annotated('0', { terminationGracePeriodSeconds: 0 }),
      [undefined, undefined],
    ],
    ['a job', makeAdmittedPod({ restartPolicy: 'Never' }), [sleep(5), undefined]],
    [
      'a hook of its own',
      makeAdmittedPod({ containers: [{ name: 'app', lifecycle: { preStop: { exec: 1 } } }] }),
      [{ exec: 1 }, sleep(7)],
    ],
  ])('%s', (_name, pod, expected) => {
    expect(sleeps(pod)).toEqual(expected);
  });

  it('leaves other hooks where they are', () => {
    const lifecycle = { postStart: { exec: {} } };
    const { spec } = inject(makeAdmittedPod({ containers: [{ name: 'app', lifecycle }] }));
    expect(spec.containers[0]?.lifecycle).toEqual({ ...lifecycle, preStop: sleep(5) });
  });

  it.each(['-1', '5s', '', ' 5', '30', '31', '1e1'])('refuses %j', (value) => {
    const text = messageOf(ask(annotated(value)));
    for (const word of [preStopSeconds, JSON.stringify(value), '30']) expect(text).toContain(word);
  });
});
