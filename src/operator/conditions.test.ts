import { describe, expect, it } from '@jest/globals';
import { message, quiet, shown, unknown } from '../../test/support/builders/judged-mesh.ts';
import type { StatusInputs } from './condition-words.ts';

const problem = {
  kind: 'invalid',
  field: 'spec.certificate.certKeyBitSize',
  message: '1024 is out of range; use 2048 to 4096',
} as const;

describe('the conditions of a MeshConfig', () => {
  it.each<readonly [string, Partial<StatusInputs>, readonly string[]]>([
    ['all is well', {}, ['Ready=True/Ready', ...quiet]],
    [
      'nothing is there yet',
      { rollout: undefined, bundle: { kind: 'absent' }, proxies: undefined, webhooks: false },
      [
        'Ready=False/ControlPlaneMissing',
        'ControlPlaneAvailable=False/ControlPlaneMissing',
        'CertificatesReady=False/WaitingForBundle',
        ...unknown,
        'Reconciling=True/ControlPlaneMissing',
      ],
    ],
    [
      'the first replicas start',
      {
        rollout: { wanted: 2, available: 0, settled: false, stuck: undefined },
        bundle: { kind: 'absent' },
        webhooks: false,
      },
      [
        'Ready=False/ControlPlaneNotAvailable',
        'ControlPlaneAvailable=False/ControlPlaneNotAvailable',
        'CertificatesReady=False/WaitingForBundle',
        ...unknown,
        'Reconciling=True/RollingOut',
      ],
    ],
    [
      'one replica is being replaced',
      { rollout: { wanted: 2, available: 1, settled: false, stuck: undefined } },
      [
        'Ready=True/Ready',
        'ControlPlaneAvailable=True/ReplicasMissing',
        ...quiet.slice(1),
        'Reconciling=True/RollingOut',
      ],
    ],
    [
      'Kubernetes gave up the rollout',
      { rollout: { wanted: 2, available: 0, settled: false, stuck: 'no image' } },
      [
        'Ready=False/RolloutStuck',
        'ControlPlaneAvailable=False/RolloutStuck',
        'CertificatesReady=True/BundlePublished',
        ...unknown,
        'Reconciling=True/RollingOut',
      ],
    ],
    [
      'only the webhooks are missing',
      { webhooks: false },
      ['Ready=False/WebhooksMissing', ...quiet, 'Reconciling=True/WebhooksMissing'],
    ],
    [
      'the spec is invalid while the old one is in force',
      { problems: [problem] },
      ['Ready=False/InvalidSpec', ...quiet, 'Stalled=True/InvalidSpec'],
    ],
    [
      'the spec wants what there is not yet',
      { problems: [{ ...problem, kind: 'not-available' }] },
      ['Ready=False/NotAvailable', ...quiet, 'Stalled=True/NotAvailable'],
    ],
    [
      'the API server refuses an object',
      { rejection: 'no' },
      ['Ready=False/Rejected', ...quiet, 'Stalled=True/Rejected'],
    ],
    [
      'another MeshConfig rules',
      { refusal: { kind: 'another-is-active', active: 'weft-system/old' } },
      [
        'Ready=False/AnotherMeshConfig',
        'ControlPlaneAvailable=Unknown/NotActive',
        'CertificatesReady=Unknown/NotActive',
        'ProxiesSynced=Unknown/NotActive',
        'PodsInMesh=Unknown/NotActive',
        'ServicesServed=Unknown/NotActive',
        'Stalled=True/AnotherMeshConfig',
      ],
    ],
    [
      'it is being deleted, whatever else is wrong',
      { deleting: true, problems: [problem] },
      ['Ready=False/Deleting', ...quiet, 'Reconciling=True/Deleting'],
    ],
  ])('%s', (_, inputs, expected) => {
    expect(shown(inputs)).toEqual(expected);
  });

  it('names field and remedy of every problem', () => {
    const text = message({ problems: [problem, { ...problem, field: 'spec.other' }] }, 'Ready');
    expect(text).toBe(
      'Nothing was changed. spec.certificate.certKeyBitSize: 1024 is out of range; use 2048 to 4096. spec.other: 1024 is out of range; use 2048 to 4096.',
    );
  });

  it('names the right namespace to a MeshConfig in another namespace', () => {
    const refusal = { kind: 'wrong-namespace', namespace: 'weft-system' } as const;
    expect(message({ refusal }, 'Ready')).toContain('create it in weft-system');
  });
});
