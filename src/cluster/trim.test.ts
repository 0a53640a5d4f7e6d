import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makePod, makeService } from '../../test/build/make-object.ts';
import { makeTrafficTarget } from '../../test/build/make-policy.ts';
import type { KubernetesObject } from '../api/core.ts';
import { originalProbes } from '../api/labels.ts';
import { trim } from './trim.ts';

const noise = {
  managedFields: [{ manager: 'kubectl' }],
  annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', note: 'x' },
};

function noisy<T extends KubernetesObject>(object: T, extra: object = {}): T {
  return { ...object, ...extra, metadata: { ...object.metadata, ...noise } };
}

describe('trim', () => {
  it('drops managed fields, foreign annotations and status', () => {
    const target = trim(
      'TrafficTarget',
      noisy(makeTrafficTarget(), { status: { inForce: '1/1' } }),
    );
    expect(Object.keys(target)).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
    expect(Object.keys(target.metadata).sort()).toEqual([
      'creationTimestamp',
      'generation',
      'name',
      'namespace',
      'uid',
    ]);
  });

  it('keeps of a pod what says whom it serves and how it is probed', () => {
    const pod = makePod({
      ports: { web: 8080 },
      annotations: { [originalProbes]: '[]', other: 'x' },
    });
    const full = {
      ...pod,
      spec: {
        ...pod.spec,
        containers: [{ ...pod.spec.containers[0]!, image: 'app', env: [{ name: 'SECRET' }] }],
        initContainers: [
          { name: 'wait', ports: [] },
          { name: 'side', restartPolicy: 'Always', ports: [{ name: 'side', containerPort: 9 }] },
        ],
      },
    };
    const trimmed = trim('Pod', full);
    expect(trimmed.metadata.annotations).toEqual({ [originalProbes]: '[]' });
    expect(trimmed.spec.containers).toEqual([
      { name: 'app', ports: [{ name: 'web', containerPort: 8080 }] },
    ]);
    expect(trimmed.spec.initContainers).toEqual([
      { name: 'side', ports: [{ name: 'side', containerPort: 9 }] },
    ]);
  });

  it('keeps of a namespace its labels and the annotations of the mesh', () => {
    const annotations = { 'openservicemesh.io/metrics': 'enabled', note: 'x' };
    const metadata = { name: 'shop', labels: { a: 'b' }, annotations };
    const trimmed = trim('Namespace', { apiVersion: 'v1', kind: 'Namespace', metadata });
    expect(trimmed.metadata).toEqual({
      name: 'shop',
      labels: { a: 'b' },
      annotations: { 'openservicemesh.io/metrics': 'enabled' },
    });
  });

  it('freezes what it gives', () => {
    expect(Object.isFrozen(trim('Service', makeService()).spec.ports)).toBe(true);
  });

  it('takes policies of any shape', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (spec) => {
        const object = { ...makeTrafficTarget(), spec } as unknown as KubernetesObject;
        expect(trim('TrafficTarget', object).spec).toEqual(spec);
      }),
    );
  });
});
