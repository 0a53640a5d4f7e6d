import { describe, expect, it } from '@jest/globals';
import { makeNamespace } from '../../test/support/builders/make-object.ts';
import { makeTrafficTarget } from '../../test/support/builders/make-policy.ts';
import type { KubernetesObject } from '../api/core.ts';
import { leaveOut } from '../cluster/left-out.ts';
import { applyChanges, type ClusterSnapshot, emptySnapshot } from '../cluster/snapshot.ts';
import { trim } from '../cluster/trim.ts';
import { siftLeftOut } from './left-out.ts';

const metadata = { name: 'route', namespace: 'shop', uid: 'u', generation: 3 };
const route: KubernetesObject = {
  apiVersion: 'specs.smi-spec.io/v1alpha4',
  kind: 'TCPRoute',
  metadata,
};

function snapshot(after: KubernetesObject): ClusterSnapshot {
  const membership = { meshName: 'osm', controlPlaneNamespace: 'weft-system' };
  return applyChanges(emptySnapshot(membership), [
    { kind: 'Namespace', key: 'shop', after: makeNamespace() },
    { kind: 'TrafficTarget', key: 'shop/buy', after: makeTrafficTarget() },
    { kind: 'TCPRoute', key: 'shop/route', after: trim('TCPRoute', after) },
  ]);
}

describe('siftLeftOut', () => {
  it('takes out what has no room, and says so at its generation', () => {
    const shop = snapshot(leaveOut(route, 'too much')).namespaces.get('shop');
    const { input, diagnostics } = siftLeftOut(shop!);
    expect(input.TCPRoute.size).toBe(0);
    expect(input.TrafficTarget).toBe(shop?.TrafficTarget);
    expect(diagnostics).toMatchObject([
      {
        code: 'object-too-large',
        severity: 'error',
        message: 'too much',
        object: { generation: 3 },
      },
    ]);
    expect(siftLeftOut(shop!)).toBe(siftLeftOut(shop!));
  });

  it('gives back the very same namespace when all is there', () => {
    const shop = snapshot({ ...route, leftOut: 'written by a user' } as KubernetesObject);
    const input = shop.namespaces.get('shop')!;
    expect(siftLeftOut(input)).toEqual({ input, diagnostics: [] });
    expect(siftLeftOut(input).input).toBe(input);
  });
});
