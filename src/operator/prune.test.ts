import { describe, expect, it } from '@jest/globals';
import { kinds, type Kind } from '../api/kinds.ts';
import { type Owned, prune } from './prune.ts';

function owned(kind: Kind, deletionTimestamp?: string): Owned {
  const leaving = deletionTimestamp === undefined ? {} : { deletionTimestamp };
  const namespace = kind.namespaced ? { namespace: 'weft-system' } : {};
  const metadata = { name: 'x', uid: `uid-${kind.kind}`, ...namespace, ...leaving };
  return { kind, object: { apiVersion: 'v1', kind: kind.kind, metadata } };
}

describe('prune', () => {
  it('removes webhooks first and rights last', () => {
    const all = [
      kinds.role,
      kinds.deployment,
      kinds.mutatingWebhookConfiguration,
      kinds.clusterRoleBinding,
      kinds.validatingWebhookConfiguration,
      kinds.horizontalPodAutoscaler,
    ].map((kind) => owned(kind));
    expect(prune(all, new Set()).map(({ ref }) => ref.kind.kind)).toEqual([
      'MutatingWebhookConfiguration',
      'ValidatingWebhookConfiguration',
      'Deployment',
      'HorizontalPodAutoscaler',
      'Role',
      'ClusterRoleBinding',
    ]);
  });

  it('leaves wanted objects and objects that are being deleted', () => {
    const all = [owned(kinds.service), owned(kinds.deployment, '2026-01-01T00:00:00Z')];
    expect(prune(all, new Set(['Service/x']))).toEqual([]);
  });

  it('names the very object, so that a successor is safe', () => {
    expect(prune([owned(kinds.service)], new Set())).toEqual([
      { ref: { kind: kinds.service, namespace: 'weft-system', name: 'x' }, uid: 'uid-Service' },
    ]);
  });
});
