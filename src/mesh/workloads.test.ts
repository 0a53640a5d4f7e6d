import { describe, expect, it } from '@jest/globals';
import { makeNamespace, makePod, makeService } from '../../test/support/builders/make-object.ts';
import type { ServicePort } from '../api/core.ts';
import { injectionWarnings, metrics, originalProbes } from '../api/labels.ts';
import { isWorkload } from './pod-state.ts';
import { compileWorkload } from './workloads.ts';

const pod = makePod({ ports: { web: 8080, db: 3306 } });
const leading = (name: string, ports: readonly ServicePort[]) => ({
  service: makeService({ name, ports }),
  behind: { unselected: new Set<string>(), written: new Map() },
});

describe('compileWorkload', () => {
  it.each<[string | undefined, string | undefined, boolean]>([
    [undefined, undefined, false],
    [undefined, 'enabled', true],
    [undefined, 'disabled', false],
    [undefined, 'perhaps', false],
    ['true', undefined, true],
    ['no', 'enabled', false],
    ['perhaps', 'enabled', false],
  ])('shows metrics when pod says %j and namespace %j: %p', (ofPod, ofNamespace, shown) => {
    const annotations = (value: string | undefined): Record<string, string> =>
      value === undefined ? {} : { [metrics]: value };
    const namespace = makeNamespace('shop');
    const { workload } = compileWorkload(makePod({ annotations: annotations(ofPod) }), [], {
      ...namespace,
      metadata: { ...namespace.metadata, annotations: annotations(ofNamespace) },
    });
    expect(workload.metrics).toBe(shown);
  });

  it('reports the warnings of the injector, on the pod', () => {
    const noted = [{ code: 'pod-call-not-led', message: 'the readiness probe asks for "adm"' }];
    const annotations = { [injectionWarnings]: JSON.stringify(noted) };
    const { diagnostics } = compileWorkload(makePod({ annotations }), []);
    expect(diagnostics).toMatchObject([
      { ...noted[0], severity: 'warning', object: { kind: 'Pod', name: 'cart-1' } },
    ]);
  });

  it('resolves ports by number, by name, and by default', () => {
    const ports: readonly ServicePort[] = [
      { port: 80, targetPort: 'web' },
      { port: 81, targetPort: 9000 },
      { port: 82 },
      { port: 83, targetPort: 'nobody' },
      { port: 53, protocol: 'UDP' },
    ];
    const { workload } = compileWorkload(pod, [leading('cart', ports)]);
    expect(workload.served.map(({ targetPort }) => targetPort)).toEqual([82, 8080, 9000]);
  });

  it('finds a named port of a native sidecar', () => {
    const spec = {
      ...pod.spec,
      initContainers: [
        { name: 's', restartPolicy: 'Always', ports: [{ name: 'm', containerPort: 9 }] },
      ],
    };
    const { workload } = compileWorkload({ ...pod, spec }, [
      leading('cart', [{ port: 80, targetPort: 'm' }]),
    ]);
    expect(workload.served.map(({ targetPort }) => targetPort)).toEqual([9]);
  });

  it('joins services that lead to one port, and keeps protocols apart', () => {
    const services = [
      leading('b', [{ port: 80, targetPort: 8080 }]),
      leading('a', [{ port: 90, targetPort: 'web' }]),
      leading('raw', [{ port: 70, targetPort: 8080, name: 'tcp-raw' }]),
    ];
    expect(compileWorkload(pod, services).workload.served).toEqual([
      { targetPort: 8080, protocol: 'http', services: ['shop/a', 'shop/b'] },
      { targetPort: 8080, protocol: 'tcp', services: ['shop/raw'] },
    ]);
  });

  const probe = {
    container: 'app',
    probe: 'liveness',
    kind: 'http',
    port: 8080,
    path: '/alive',
    service: '',
    timeoutSeconds: 1,
    headers: [],
    key: '',
  };
  const annotated = (text: string) =>
    compileWorkload(makePod({ annotations: { [originalProbes]: text } }), []);

  it('reads the original probes', () => {
    const { workload, diagnostics } = annotated(JSON.stringify([{ ...probe, more: 1 }]));
    expect(workload.probes).toEqual([probe]);
    expect(diagnostics).toEqual([]);
  });

  const malformed: readonly (readonly [string, string])[] = [
    ['no JSON', '{'],
    ['no list', '{}'],
    ['a port that is none', JSON.stringify([{ ...probe, port: 70000 }])],
    ['an unknown kind', JSON.stringify([{ ...probe, kind: 'exec' }])],
    ['a missing field', JSON.stringify([{ ...probe, path: undefined }])],
    ['null', 'null'],
  ];
  for (const [name, text] of malformed) {
    it(`says when they cannot be read: ${name}`, () => {
      const { workload, diagnostics } = annotated(text);
      expect(workload.probes).toEqual([]);
      expect(diagnostics.map(({ code }) => code)).toEqual(['object-malformed']);
    });
  }
});

describe('isWorkload', () => {
  it('is a pod with a sidecar of this mesh that has not ended', () => {
    expect(isWorkload(makePod(), 'osm')).toBe(true);
    expect(isWorkload(makePod(), 'other')).toBe(false);
    expect(isWorkload(makePod({ sidecar: false }), 'osm')).toBe(false);
    expect(isWorkload(makePod({ phase: 'Succeeded' }), 'osm')).toBe(false);
    expect(isWorkload(makePod({ phase: 'Pending' }), 'osm')).toBe(true);
  });
});
