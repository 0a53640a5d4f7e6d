import { describe, expect, it } from '@jest/globals';
import {
  makeAdmittedPod,
  makeFacts,
  makeNamespace,
} from '../../test/support/injector/injection.ts';
import { ignore, monitoredBy, sidecarInjection } from '../api/labels.ts';
import { ports } from '../envoy/ports.ts';
import type { AdmittedPod } from './admitted-pod.ts';
import { type InjectionDecision, decide } from './decide.ts';
import { reasons } from './reasons.ts';

const facts = makeFacts({}, [
  makeNamespace('shop'),
  makeNamespace('off', { annotations: { [sidecarInjection]: 'disabled' } }),
  makeNamespace('silent', { annotations: {} }),
  makeNamespace('labelled', {
    labels: { [monitoredBy]: 'osm', [sidecarInjection]: 'enabled' },
    annotations: {},
  }),
  makeNamespace('odd', { annotations: { [sidecarInjection]: 'perhaps' } }),
  makeNamespace('outside', { labels: {} }),
  makeNamespace('other', { labels: { [monitoredBy]: 'another' } }),
  makeNamespace('ignored', { labels: { [monitoredBy]: 'osm', [ignore]: '' } }),
  makeNamespace('kube-system'),
  makeNamespace('kube-public'),
  makeNamespace('kube-node-lease'),
  makeNamespace('weft-system'),
]);

const decideFor = (namespace: string, pod: AdmittedPod = makeAdmittedPod()): InjectionDecision =>
  decide({ pod, namespace, facts });
const annotated = (value: string): AdmittedPod =>
  makeAdmittedPod({}, { annotations: { [sidecarInjection]: value } });
const labelled = (value: string): AdmittedPod =>
  makeAdmittedPod({}, { labels: { [sidecarInjection]: value } });
const summary = (decision: InjectionDecision): string =>
  decision.kind === 'skip' ? decision.reason : decision.kind;

describe('decide', () => {
  it.each<[string, AdmittedPod | undefined, string]>([
    ['shop', undefined, 'inject'],
    ['shop', annotated('enabled'), 'inject'],
    ['shop', annotated('no'), 'disabled-by-pod'],
    ['shop', annotated('disabled'), 'disabled-by-pod'],
    ['shop', annotated('False'), 'disabled-by-pod'],
    ['off', undefined, 'disabled-by-namespace'],
    ['off', annotated('yes'), 'inject'],
    ['off', annotated('TRUE'), 'inject'],
    ['silent', undefined, 'not-enabled'],
    ['silent', annotated('true'), 'inject'],
    ['silent', labelled('enabled'), 'label-of-pod'],
    ['silent', labelled('disabled'), 'not-enabled'],
    ['off', labelled('true'), 'label-of-pod'],
    ['shop', labelled('enabled'), 'inject'],
    ['labelled', undefined, 'label-of-namespace'],
    ['labelled', annotated('no'), 'disabled-by-pod'],
    ['labelled', labelled('no'), 'not-enabled'],
    ['labelled', annotated('yes'), 'inject'],
    ['outside', labelled('enabled'), 'namespace-not-in-mesh'],
    ['outside', annotated('enabled'), 'namespace-not-in-mesh'],
    ['other', undefined, 'namespace-not-in-mesh'],
    ['ignored', annotated('enabled'), 'namespace-ignored'],
    ['kube-system', annotated('enabled'), 'system-namespace'],
    ['kube-public', undefined, 'system-namespace'],
    ['kube-node-lease', undefined, 'system-namespace'],
    ['weft-system', annotated('enabled'), 'control-plane-namespace'],
    ['shop', makeAdmittedPod({ hostNetwork: true }), 'host-network'],
    ['shop', makeAdmittedPod({ os: { name: 'windows' } }), 'windows'],
    ['shop', makeAdmittedPod({ nodeSelector: { 'kubernetes.io/os': 'windows' } }), 'windows'],
    ['shop', makeAdmittedPod({ nodeSelector: { 'kubernetes.io/os': 'linux' } }), 'inject'],
    [
      'shop',
      makeAdmittedPod({}, { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
      'static-pod',
    ],
  ])('in namespace %s judges %j: %s', (namespace, pod, verdict) => {
    expect(summary(decideFor(namespace, pod))).toBe(verdict);
  });

  it.each<[string, string, AdmittedPod | undefined, readonly string[]]>([
    [
      'a pod annotation',
      'shop',
      annotated('maybe'),
      ['sidecar-injection', 'pod', '"maybe"', 'enabled'],
    ],
    ['an empty one', 'shop', annotated(''), ['""', 'enabled']],
    ['a namespace annotation', 'odd', undefined, ['namespace odd', '"perhaps"']],
    ['a namespace annotation the pod overrides', 'odd', annotated('yes'), ['"perhaps"']],
    ['an unknown namespace', 'nowhere', undefined, ['namespace nowhere', 'try again']],
  ])('refuses %s and names it', (...[, namespace, pod, words]) => {
    const decision = decideFor(namespace, pod);
    expect(decision.kind).toBe('refuse');
    for (const word of words)
      expect(JSON.stringify(decision).replaceAll('\\"', '"')).toContain(word);
  });

  it.each<[string, Partial<AdmittedPod['spec']>, readonly string[]]>([
    ...Object.values(ports).map(
      (port): [string, Partial<AdmittedPod['spec']>, readonly string[]] => [
        `port ${port}`,
        { containers: [{ name: 'app', ports: [{ containerPort: port }] }] },
        ['container app', String(port)],
      ],
    ),
    ['the name envoy', { containers: [{ name: 'envoy' }] }, ['container envoy', 'rename']],
    [
      'the name weft-init',
      { initContainers: [{ name: 'weft-init' }] },
      ['container weft-init', 'rename'],
    ],
    ['the volume weft-token', { volumes: [{ name: 'weft-token' }] }, ['volume weft-token']],
    [
      'a sidecar port by name, though the container ends',
      { initContainers: [{ name: 'once', ports: [{ name: 'adm', containerPort: 15_000 }] }] },
      ['container once', '15000'],
    ],
  ])('refuses what needs %s', (_what, spec, words) => {
    const decision = decideFor('shop', makeAdmittedPod(spec));
    expect(decision.kind).toBe('refuse');
    for (const word of words) expect(JSON.stringify(decision)).toContain(word);
  });

  it.each<[string, Partial<AdmittedPod['spec']>]>([
    [
      'a sidecar port over UDP',
      { containers: [{ name: 'app', ports: [{ containerPort: 15001, protocol: 'UDP' }] }] },
    ],
    [
      'a sidecar port of an init container that ends',
      { initContainers: [{ name: 'once', ports: [{ containerPort: 15001 }] }] },
    ],
  ])('takes %s', (_what, spec) => {
    expect(decideFor('shop', makeAdmittedPod(spec)).kind).toBe('inject');
  });

  it('names every conflict at once', () => {
    const spec = { containers: [{ name: 'envoy', ports: [{ containerPort: 15003 }] }] };
    const decision = decideFor('shop', makeAdmittedPod(spec));
    expect(decision).toMatchObject({ kind: 'refuse', problems: { length: 2 } });
  });

  it('knows whether the pod was meant to be in the mesh', () => {
    const spec = { hostNetwork: true };
    expect(decideFor('shop', makeAdmittedPod(spec))).toMatchObject({ wantsInjection: true });
    expect(decideFor('silent', makeAdmittedPod(spec))).toMatchObject({ wantsInjection: false });
    expect(decideFor('shop', annotated('no'))).toMatchObject({ wantsInjection: false });
    expect(decideFor('silent', labelled('yes'))).toMatchObject({ wantsInjection: true });
  });

  it('has a short sentence for every reason', () => {
    for (const { sentence } of Object.values(reasons)) {
      expect(sentence.length).toBeGreaterThan(10);
      expect(sentence.length).toBeLessThan(110);
      expect(sentence).not.toMatch(/^[A-Z]|\.$/);
    }
  });
});
