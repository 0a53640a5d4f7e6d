import { describe, expect, it } from '@jest/globals';
import { ask, patched, warningsOf } from '../../test/support/injector/injected-pod.ts';
import {
  makeAdmittedPod,
  makeFacts,
  makeNamespace,
} from '../../test/support/injector/injection.ts';
import { parseInjectionWarnings } from '../api/injection-warnings.ts';
import { injectionWarnings, metrics, sidecarInjection } from '../api/labels.ts';
import type { AdmittedPod } from './admitted-pod.ts';

const app = { name: 'app', image: 'app:1' };
const lost = makeAdmittedPod(
  {
    containers: [
      {
        ...app,
        readinessProbe: { httpGet: { port: 'adm' } },
        lifecycle: { postStart: { tcpSocket: { port: 80 } } },
      },
    ],
  },
  { annotations: { 'prometheus.io/port': '9000' } },
);
const scraped = makeNamespace('shop', {
  annotations: { [sidecarInjection]: 'enabled', [metrics]: 'enabled' },
});
const facts = makeFacts({}, [scraped]);
const noted = (pod: AdmittedPod): ReturnType<typeof parseInjectionWarnings> =>
  parseInjectionWarnings(pod.metadata.annotations?.[injectionWarnings]);

describe('what the injector warns of', () => {
  it('stands in the pod, each with a code, since a controller does not show warnings', () => {
    const answer = ask(lost, facts);
    const after = noted(patched(lost, answer));
    expect(after.map(({ code }) => code)).toEqual([
      'pod-call-not-led',
      'pod-call-not-led',
      'pod-metrics-not-announced',
    ]);
    expect(after.map(({ message }) => `weft: ${message}`)).toEqual(warningsOf(answer));
    for (const { message } of after) expect(message).toMatch(/; (give|use|let) /);
  });

  it('stands there no more when a later webhook has put it right', () => {
    const once = patched(lost, ask(lost, facts));
    const { lifecycle, readinessProbe, ...right } = once.spec.containers[0]!;
    expect([lifecycle, readinessProbe]).not.toContain(undefined);
    const mended = { ...once, spec: { ...once.spec, containers: [right] } };
    const twice = patched(mended, ask(mended, makeFacts()));
    expect(twice.metadata.annotations).not.toHaveProperty([injectionWarnings]);
  });

  it('is nothing for a pod that has all', () => {
    const after = patched(makeAdmittedPod(), ask(makeAdmittedPod()));
    expect(after.metadata.annotations).not.toHaveProperty([injectionWarnings]);
  });
});
