import { describe, expect, it } from '@jest/globals';
import { now, pods, quiet, shown } from '../../test/support/builders/judged-mesh.ts';
import type { StatusInputs } from './condition-words.ts';
import { noRotation } from './conditions.ts';

describe('the conditions of certificates', () => {
  it.each<readonly [string, Partial<StatusInputs>, readonly string[]]>([
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
      { rotation: { ...noRotation, first: 'why' } },
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
      { rotation: { ...noRotation, failing: { message: 'why', urgent: false } } },
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
          { rotation: { ...noRotation, secrets: { reason, message: 'why' } } },
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
      { rotation: { ...noRotation, failing: { message: 'why', urgent: true } } },
      [
        'Ready=False/IssuerFailing',
        'ControlPlaneAvailable=True/Available',
        'CertificatesReady=False/IssuerFailing',
        'ProxiesSynced=True/AllSynced',
        ...pods,
      ],
    ],
    [
      'the root of a foreign issuer ends soon',
      { rotation: { ...noRotation, ending: { reason: 'RootEndsSoon', message: 'when' } } },
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
      { rotation: { ...noRotation, moving: { reason: 'RotationHeld', message: 'why' } } },
      ['Ready=True/Ready', ...quiet, 'Reconciling=True/RotationHeld'],
    ],
  ])('%s', (_, inputs, expected) => {
    expect(shown(inputs)).toEqual(expected);
  });
});
