import { describe, expect, it } from '@jest/globals';
import { membership } from '../../test/support/builders/make-mesh.ts';
import { type LifeOptions, makeLivingPod } from '../../test/support/builders/make-living-pod.ts';
import { makeNamespace } from '../../test/support/builders/make-object.ts';
import { injectedBy, monitoredBy, sidecarInjection } from '../api/labels.ts';
import { belongingOf } from './belonging.ts';

describe('case H: what a pod is to the mesh', () => {
  const joined = {
    ...makeNamespace(),
    metadata: { ...makeNamespace().metadata, annotations: { [sidecarInjection]: 'enabled' } },
  };
  const off = { [sidecarInjection]: 'disabled' };

  it.each<readonly [string, LifeOptions, Parameters<typeof belongingOf>[1], string]>([
    ['with a sidecar', {}, joined, 'inside'],
    ['created before its namespace joined', { sidecar: false }, joined, 'bare'],
    ['left out on purpose', { sidecar: false, annotations: off }, joined, 'left-out'],
    ['in a namespace without injection', { sidecar: false }, makeNamespace(), 'left-out'],
    [
      'with an annotation that says nothing',
      { sidecar: false, annotations: { [sidecarInjection]: 'perhaps' } },
      joined,
      'bare',
    ],
    [
      'that asks for one by a label',
      { sidecar: false, labels: { [sidecarInjection]: 'enabled' } },
      makeNamespace(),
      'bare',
    ],
    [
      'whose namespace asks for one by a label',
      { sidecar: false },
      makeNamespace('shop', { [monitoredBy]: 'osm', [sidecarInjection]: 'enabled' }),
      'bare',
    ],
    ['on the host network', { sidecar: false, hostNetwork: true }, joined, 'bare'],
    [
      'in another mesh',
      { sidecar: false },
      makeNamespace('shop', { [monitoredBy]: 'other' }),
      'outside',
    ],
    ['whose namespace has left', {}, makeNamespace('shop', {}), 'bare'],
    [
      'with the label and no sidecar',
      { sidecar: false, labels: { [injectedBy]: 'osm' } },
      makeNamespace(),
      'bare',
    ],
    ['that is finished', { phase: 'Succeeded' }, joined, 'outside'],
    ['that is being deleted', { deleting: true }, joined, 'outside'],
    [
      'that has not begun to run without one',
      { sidecar: false, phase: 'Pending' },
      joined,
      'outside',
    ],
  ])('%s', (...[, life, namespace, expected]) => {
    expect(belongingOf(makeLivingPod(life), namespace, membership).kind).toBe(expected);
  });

  it('names a label that was to be an annotation, and what to do', () => {
    const pod = makeLivingPod({ sidecar: false, labels: { [sidecarInjection]: 'enabled' } });
    expect(belongingOf(pod, makeNamespace(), membership)).toMatchObject({
      kind: 'bare',
      why: 'it has openservicemesh.io/sidecar-injection as a label: make it an annotation of the pod template',
    });
  });
});
