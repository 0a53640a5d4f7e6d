import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  makeEndpointSlice,
  makePod,
  makeService,
} from '../../test/support/builders/make-object.ts';
import { makeTrafficTarget } from '../../test/support/builders/make-policy.ts';
import type { KubernetesObject } from '../api/core.ts';
import { injectionWarnings, originalProbes } from '../api/labels.ts';
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

  it('keeps the ports and the annotations of Weft of a pod', () => {
    const pod = makePod({
      ports: { web: 8080 },
      annotations: { [originalProbes]: '[]', [injectionWarnings]: '[]', other: 'x' },
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
    expect(trimmed.metadata.annotations).toEqual({
      [originalProbes]: '[]',
      [injectionWarnings]: '[]',
    });
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

  it('writes every address in one form, and leaves out texts that are no address', () => {
    const service = makeService();
    const spec = {
      ...service.spec,
      clusterIP: '010.96.0.1',
      clusterIPs: ['010.96.0.1', 'FD00:0::1'],
    };
    expect(trim('Service', { ...service, spec } as KubernetesObject).spec).toMatchObject({
      clusterIP: '10.96.0.1',
      clusterIPs: ['10.96.0.1', 'fd00::1'],
    });
    const slice = makeEndpointSlice({ pods: { 'cart-1': '10.0.0.256' } });
    expect(trim('EndpointSlice', slice).endpoints?.[0]?.addresses).toEqual([]);
  });

  it.each([
    ['a port that is none', { ports: [{ port: -1 }, { port: 80 }] }, [{ port: 80 }]],
    ['a list that is none', { ports: 'all' }, undefined],
    ['null in a list', { ports: [null, { port: 80, name: 1 }] }, [{ port: 80 }]],
    ['a target port that is none', { ports: [{ port: 80, targetPort: 0 }] }, [{ port: 80 }]],
  ])('takes %s of a service for absent', (_, spec, ports) => {
    const service = { ...makeService(), spec } as unknown as KubernetesObject;
    expect(trim('Service', service).spec.ports).toEqual(ports);
  });

  it('goes no deeper into a policy than its own fields could', () => {
    let deep: unknown = 'x';
    for (let level = 0; level < 9_000; level++) deep = [deep];
    const object = {
      ...makeTrafficTarget(),
      spec: { headers: deep },
    } as unknown as KubernetesObject;
    expect(JSON.stringify(trim('TrafficTarget', object).spec).length).toBeLessThan(200);
  });
});
