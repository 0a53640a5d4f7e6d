import { describe, expect, it } from '@jest/globals';
import { now, pods, quiet, shown } from '../../test/support/builders/judged-mesh.ts';
import type { World } from './condition-words.ts';
import { noNews } from './conditions.ts';

describe('judge, of certificates', () => {
  it.each<readonly [string, Partial<World>, readonly string[]]>([
    [
      'there is no bundle',
      { bundle: { kind: 'absent' }, webhooks: false },
      [
        'Ready=False/WaitingForBundle',
        'ControlPlaneAvailable=True/Available',
        'CertificatesReady=False/WaitingForBundle',
        'ProxiesSynced=True/AllSynced',
        ...pods,
        'Reconciling=True/WaitingForBundle',
      ],
    ],
    [
      'the root ended',
      { bundle: { kind: 'valid', pem: 'PEM', notAfter: now } },
      [
        'Ready=False/RootExpired',
        'ControlPlaneAvailable=True/Available',
        'CertificatesReady=False/RootExpired',
        'ProxiesSynced=True/AllSynced',
        ...pods,
      ],
    ],
    [
      'the first root is not there',
      { roots: { ...noNews, first: 'why' } },
      [
        'Ready=False/WaitingForRoot',
        'ControlPlaneAvailable=True/Available',
        'CertificatesReady=False/WaitingForRoot',
        'ProxiesSynced=True/AllSynced',
        ...pods,
        'Reconciling=True/WaitingForRoot',
      ],
    ],
    [
      'certificates cannot be renewed, and last for hours',
      { roots: { ...noNews, failing: { message: 'why', urgent: false } } },
      [
        'Ready=True/Ready',
        'ControlPlaneAvailable=True/Available',
        'CertificatesReady=False/IssuerFailing',
        'ProxiesSynced=True/AllSynced',
        ...pods,
      ],
    ],
    ...(['CaSecretUnusable', 'GatewaySecretNotKept'] as const).map(
      (reason) =>
        [
          `a Secret is not as it must be: ${reason}`,
          { roots: { ...noNews, secrets: { reason, message: 'why' } } },
          [
            'Ready=True/Ready',
            'ControlPlaneAvailable=True/Available',
            `CertificatesReady=False/${reason}`,
            'ProxiesSynced=True/AllSynced',
            ...pods,
          ],
        ] as const,
    ),
    [
      'certificates cannot be renewed, and are about to end',
      { roots: { ...noNews, failing: { message: 'why', urgent: true } } },
      [
        'Ready=False/IssuerFailing',
        'ControlPlaneAvailable=True/Available',
        'CertificatesReady=False/IssuerFailing',
        'ProxiesSynced=True/AllSynced',
        ...pods,
      ],
    ],
    [
      'the root of somebody else ends soon',
      { roots: { ...noNews, ending: { reason: 'RootEndsSoon', message: 'when' } } },
      [
        'Ready=True/Ready',
        'ControlPlaneAvailable=True/Available',
        'CertificatesReady=True/RootEndsSoon',
        'ProxiesSynced=True/AllSynced',
        ...pods,
      ],
    ],
    [
      'the root is being switched',
      { roots: { ...noNews, moving: { reason: 'RotationHeld', message: 'why' } } },
      ['Ready=True/Ready', ...quiet, 'Reconciling=True/RotationHeld'],
    ],
  ])('%s', (_, world, expected) => {
    expect(shown(world)).toEqual(expected);
  });
});
