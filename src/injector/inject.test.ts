import { describe, expect, it } from '@jest/globals';
import { ask, messageOf, patched, warningsOf } from '../../test/support/injector/injected-pod.ts';
import {
  makeAdmittedPod,
  injectionHandler,
  makeFacts,
  makeNamespace,
  makePodRequest,
} from '../../test/support/injector/injection.ts';
import { metrics, monitoredBy, outboundPortExclusion, sidecarInjection } from '../api/labels.ts';
import type { AdmittedPod } from './admitted-pod.ts';
import type { InjectorFacts } from './facts.ts';
import { createInjector, type InjectionOutcome } from './inject.ts';

describe('answers', () => {
  it.each<[string, InjectorFacts, readonly string[]]>([
    ['logLevel', makeFacts({ sidecar: { logLevel: 'loud' } }), ['logLevel', '"loud"', 'trace']],
    [
      'resources',
      makeFacts({ sidecar: { resources: { limits: { cpu: 'many' } } } }),
      ['limits.cpu', '"many"', '500m'],
    ],
    [
      'localProxyMode',
      makeFacts({ sidecar: { localProxyMode: 'x' } }),
      ['localProxyMode', '"x"', 'PodIP'],
    ],
    [
      'the metrics annotation',
      makeFacts({}, [
        makeNamespace('shop', { annotations: { [sidecarInjection]: 'true', [metrics]: 'on' } }),
      ]),
      [metrics, '"on"', 'namespace shop'],
    ],
    [
      'lists that are too long',
      makeFacts({
        traffic: {
          outboundIPRangeExclusionList: Array.from(
            { length: 6_000 },
            (_, at) => `10.${at >> 8}.${at & 255}.0/24`,
          ),
        },
      }),
      ['too long'],
    ],
  ])('refuse %s and say what is expected', (_name, facts, words) => {
    const text = messageOf(ask(makeAdmittedPod(), facts));
    expect(text).toMatch(/^Pod shop\/cart cannot join mesh osm: /);
    for (const word of words) expect(text).toContain(word);
  });

  it('name every problem at once', () => {
    const pod = makeAdmittedPod(
      {},
      { name: '', generateName: 'cart-', annotations: { [outboundPortExclusion]: 'x,y' } },
    );
    const text = messageOf(ask(pod, makeFacts({ sidecar: { logLevel: 'loud' } })));
    expect(text).toMatch(/^Pod shop\/cart-\* cannot join/);
    for (const word of ['"x"', '"y"', '"loud"']) expect(text).toContain(word);
  });

  it('warn when a pod that was meant for the mesh is left out, and only then', () => {
    const host = makeAdmittedPod({ hostNetwork: true });
    expect(warningsOf(ask(host))).toEqual([
      'weft: no sidecar for shop/cart: it uses the host network, whose traffic must not be redirected; set hostNetwork: false',
    ]);
    const silent = makeFacts({}, [makeNamespace('shop', { annotations: {} })]);
    expect(patched(host, ask(host)).metadata.annotations).toEqual({
      'weft.dev/not-injected': expect.stringContaining('host network'),
    });
    expect(ask(host, silent)).toEqual({ allowed: true });
    expect(ask(makeAdmittedPod(), silent)).toEqual({ allowed: true });
  });

  it('leave other requests alone', () => {
    const handler = injectionHandler(() => makeFacts());
    const request = makePodRequest(makeAdmittedPod());
    expect(handler({ ...request, operation: 'UPDATE' })).toEqual({ allowed: true });
    const kind = { group: 'apps', version: 'v1', kind: 'Deployment' };
    expect(handler({ ...request, kind })).toEqual({ allowed: true });
  });

  it.each([
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: null },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x' }, spec: { containers: 'app' } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x' },
      spec: { containers: [], volumes: {} },
    },
    undefined,
  ])('refuse what is no pod: %j', (object) => {
    const request = makePodRequest(object as unknown as AdmittedPod);
    expect(injectionHandler(() => makeFacts())(request)).toMatchObject({ allowed: false });
  });

  const host = makeAdmittedPod({ hostNetwork: true });
  const silent = makeFacts({}, [makeNamespace('shop', { annotations: {} })]);
  const wrong = makeFacts({ sidecar: { logLevel: 'loud' } });
  it.each<[string, AdmittedPod, InjectorFacts, InjectionOutcome]>([
    ['injected', makeAdmittedPod(), makeFacts(), 'injected'],
    ['left out with an annotation that says why', host, makeFacts(), 'left-out'],
    ['left out without a word', makeAdmittedPod(), silent, 'left-out'],
    ['refused', makeAdmittedPod(), wrong, 'refused'],
  ])('say that a pod is %s', (...[, pod, facts, outcome]) => {
    expect(createInjector(() => facts)(makePodRequest(pod)).outcome).toBe(outcome);
  });

  it('refuse an object that is no pod, and ignore other requests', () => {
    const inject = createInjector(() => makeFacts());
    const request = makePodRequest(makeAdmittedPod());
    expect(inject(makePodRequest({} as AdmittedPod)).outcome).toBe('refused');
    expect(inject({ ...request, operation: 'UPDATE' }).outcome).toBe('left-out');
  });

  it('follow the facts of the moment', () => {
    let facts = makeFacts();
    const handler = injectionHandler(() => facts);
    expect(handler(makePodRequest(makeAdmittedPod()))).toMatchObject({ patch: { length: 5 } });
    facts = makeFacts({ meshName: 'another' });
    expect(handler(makePodRequest(makeAdmittedPod()))).toEqual({ allowed: true });
    facts = makeFacts({ meshName: 'another' }, [
      makeNamespace('shop', {
        labels: { [monitoredBy]: 'another' },
        annotations: { [sidecarInjection]: 'yes' },
      }),
    ]);
    expect(handler(makePodRequest(makeAdmittedPod()))).toMatchObject({ patch: { length: 5 } });
  });
});
