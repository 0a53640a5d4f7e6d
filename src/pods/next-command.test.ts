import { describe, expect, it } from '@jest/globals';
import { membership } from '../../test/support/builders/make-mesh.ts';
import { type LifeOptions, makeLivingPod } from '../../test/support/builders/make-living-pod.ts';
import { makeNamespace } from '../../test/support/builders/make-object.ts';
import type { Namespace } from '../api/core.ts';
import { monitoredBy, sidecarInjection } from '../api/labels.ts';
import { belongingOf } from './belonging.ts';

const withAnnotation = (value: string): Namespace => ({
  ...makeNamespace(),
  metadata: { ...makeNamespace().metadata, annotations: { [sidecarInjection]: value } },
});
const joined = withAnnotation('enabled');

const ownedBy = (apiVersion: string, kind: string, name: string): LifeOptions => ({
  owners: [{ apiVersion, kind, name, controller: true }],
});
const deployment: LifeOptions = {
  ...ownedBy('apps/v1', 'ReplicaSet', 'web-7c9d'),
  labels: { 'pod-template-hash': '7c9d' },
};
const daemonSet = ownedBy('apps/v1', 'DaemonSet', 'agent');

function nextOf(options: LifeOptions, namespace = joined): string | undefined {
  const pod = makeLivingPod({ name: 'web-1', sidecar: false, ...options });
  const belonging = belongingOf(pod, namespace, membership);
  return belonging.kind === 'bare' ? belonging.next : undefined;
}

const again = 'then create it again from its manifest';
const patch = (owner: string, value: string): string =>
  `kubectl patch ${owner} -n shop -p '{"spec":{"template":{"metadata":{"annotations":{"openservicemesh.io/sidecar-injection":"${value}"}}}}}'`;

describe('case H: the next command for a pod without a sidecar', () => {
  it.each<readonly [string, LifeOptions, string]>([
    ['a Deployment', deployment, 'kubectl rollout restart deployment/web -n shop'],
    [
      'a StatefulSet',
      ownedBy('apps/v1', 'StatefulSet', 'db'),
      'kubectl rollout restart statefulset/db -n shop',
    ],
    ['a DaemonSet', daemonSet, 'kubectl rollout restart daemonset/agent -n shop'],
    ['a Job', ownedBy('batch/v1', 'Job', 'once'), `kubectl delete job/once -n shop, ${again}`],
    ['nobody', {}, `kubectl delete pod/web-1 -n shop, ${again}`],
    [
      'a ReplicaSet of its own',
      ownedBy('apps/v1', 'ReplicaSet', 'web-7c9d'),
      'kubectl delete pod/web-1 -n shop',
    ],
    [
      'a kind of another program',
      ownedBy('example.com/v1', 'DaemonSet', 'agent'),
      'kubectl delete pod/web-1 -n shop',
    ],
    [
      'a name that no object of Kubernetes has',
      ownedBy('apps/v1', 'DaemonSet', 'a; rm -rf ~'),
      'kubectl delete pod/web-1 -n shop',
    ],
  ])('restarts what is made by %s', (...[, options, expected]) => {
    expect(nextOf(options)).toBe(expected);
  });

  it('opts out what cannot have a sidecar', () => {
    const hostNetwork = true;
    expect(nextOf({ ...daemonSet, hostNetwork })).toBe(patch('daemonset/agent', 'disabled'));
    expect(nextOf({ hostNetwork })).toBe(
      'kubectl annotate pod/web-1 -n shop openservicemesh.io/sidecar-injection=disabled --overwrite, and the same in the manifest that it comes from',
    );
  });

  it('makes an annotation of a label first', () => {
    const asked = { [sidecarInjection]: 'enabled' };
    const labels = { ...deployment.labels, ...asked };
    expect(nextOf({ ...deployment, labels }, makeNamespace())).toBe(
      patch('deployment/web', 'enabled'),
    );
    expect(nextOf({ labels: asked }, makeNamespace())).toBe(
      `add the annotation openservicemesh.io/sidecar-injection: enabled to the manifest that it comes from; kubectl delete pod/web-1 -n shop, ${again}`,
    );
    expect(nextOf(deployment, makeNamespace('shop', { [monitoredBy]: 'osm', ...asked }))).toBe(
      'kubectl annotate namespace shop openservicemesh.io/sidecar-injection=enabled --overwrite; kubectl rollout restart deployment/web -n shop',
    );
  });

  it('corrects an annotation that says nothing, where it is', () => {
    const annotations = { [sidecarInjection]: 'perhaps' };
    expect(nextOf({ ...deployment, annotations })).toBe(patch('deployment/web', 'enabled'));
    expect(nextOf(deployment, withAnnotation('perhaps'))).toContain('kubectl annotate namespace');
  });
});
