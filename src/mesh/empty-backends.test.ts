import { describe, expect, it } from '@jest/globals';
import { makeSnapshot } from '../../test/support/builders/make-mesh.ts';
import { makeSettings } from '../../test/support/builders/make-settings.ts';
import {
  makeEndpointSlice,
  makeNamespace,
  makePod,
  makeService,
} from '../../test/support/builders/make-object.ts';
import { makeTrafficSplit } from '../../test/support/builders/make-policy.ts';
import type { KubernetesObject } from '../api/core.ts';
import { compileMesh } from './compile.ts';

const v1 = [
  makeService({ name: 'v1', app: 'v1' }),
  makePod({ account: 'v1', name: 'v1-1', ip: '10.0.0.1' }),
  makeEndpointSlice({ service: 'v1', pods: { 'v1-1': '10.0.0.1' } }),
];
const v2 = makeService({ name: 'v2', app: 'v2' });
const v2Pod = makePod({ account: 'v2', name: 'v2-1', ip: '10.0.0.2' });
const v2Slice = (ready: boolean): KubernetesObject =>
  makeEndpointSlice({ service: 'v2', pods: { 'v2-1': '10.0.0.2' }, conditions: { ready } });

function messagesFor(
  backends: Readonly<Record<string, number>>,
  ...more: readonly KubernetesObject[]
): readonly string[] {
  const split = makeTrafficSplit({ backends });
  const objects = [makeNamespace(), makeService(), ...v1, ...more, split];
  const { diagnostics } = compileMesh(makeSnapshot(objects), makeSettings());
  return diagnostics
    .filter(({ object }) => object.kind === 'TrafficSplit')
    .map(({ code, severity, message }) => `${severity} ${code}: ${message}`);
}

describe('a backend that exists and has no pod that answers', () => {
  it('is named with the port, what becomes of its share, and the next step', () => {
    const [one, ...others] = messagesFor({ v1: 90, v2: 10 }, v2);
    expect(others).toEqual([]);
    expect(one).toContain('warning split-backend-empty: spec.backends: service shop/v2');
    expect(one).toContain('at port 80, so sidecars answer its share (weight 10) with 503');
    expect(one).toContain('kubernetes.io/service-name=v2');
  });

  it('is one whose pods are not ready', () => {
    expect(messagesFor({ v1: 1, v2: 1 }, v2, v2Pod, v2Slice(false))).toHaveLength(1);
    const headless = makeService({ name: 'v2', app: 'v2', clusterIP: 'None' });
    expect(messagesFor({ v1: 1, v2: 1 }, headless, v2Pod, v2Slice(false))).toHaveLength(1);
  });

  it.each<[string, Readonly<Record<string, number>>, readonly KubernetesObject[]]>([
    ['it has an endpoint', { v1: 1, v2: 1 }, [v2, v2Pod, v2Slice(true)]],
    ['it gets no share', { v1: 1, v2: 0 }, [v2]],
    ['it gives no port of the apex', { v1: 1, v2: 1 }, [makeService({ name: 'v2', ports: [] })]],
    ['it does not exist', { v1: 1, v2: 1 }, []],
  ])('is not spoken of when %s', (_what, backends, more) => {
    expect(messagesFor(backends, ...more).join()).not.toContain('split-backend-empty');
  });
});
