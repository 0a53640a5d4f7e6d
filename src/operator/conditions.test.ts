import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ConditionType,
  judge,
  noNews,
  patienceMs,
  reasons,
  type World,
} from './conditions.ts';

const now = Date.parse('2026-01-02T00:00:00Z');
const well: World = {
  refusal: undefined,
  problems: [],
  rejection: undefined,
  deleting: false,
  rollout: { wanted: 2, available: 2, settled: true, stuck: undefined },
  bundle: { kind: 'valid', pem: 'PEM', notAfter: now + 1000 },
  roots: noNews,
  proxies: { connected: 3, synced: 3, rejected: 0 },
  webhooks: true,
  now,
  behindSince: undefined,
};

/** `type=status/reason` of each condition. */
function shown(world: Partial<World>): string[] {
  return judge({ ...well, ...world }).map((c) => `${c.type}=${c.status}/${c.reason}`);
}

function message(world: Partial<World>, type: ConditionType): string | undefined {
  return judge({ ...well, ...world }).find((condition) => condition.type === type)?.message;
}

const quiet = [
  'ControlPlaneAvailable=True/Available',
  'CertificatesReady=True/BundlePublished',
  'ProxiesSynced=True/AllSynced',
];
const behind = { connected: 3, synced: 2, rejected: 0 };
const problem = {
  kind: 'invalid',
  field: 'spec.certificate.certKeyBitSize',
  message: '1024 is out of range; use 2048 to 4096',
} as const;

describe('judge', () => {
  it.each<readonly [string, Partial<World>, readonly string[]]>([
    ['all is well', {}, ['Ready=True/Ready', ...quiet]],
    [
      'nothing is there yet',
      { rollout: undefined, bundle: { kind: 'absent' }, proxies: undefined, webhooks: false },
      [
        'Ready=False/ControlPlaneMissing',
        'ControlPlaneAvailable=False/ControlPlaneMissing',
        'CertificatesReady=False/WaitingForBundle',
        'ProxiesSynced=Unknown/NoReport',
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
        'ProxiesSynced=Unknown/NoReport',
        'Reconciling=True/RollingOut',
      ],
    ],
    [
      'one replica is being replaced',
      { rollout: { wanted: 2, available: 1, settled: false, stuck: undefined } },
      ['Ready=True/Ready', ...quiet, 'Reconciling=True/RollingOut'],
    ],
    [
      'Kubernetes gave up the rollout',
      { rollout: { wanted: 2, available: 0, settled: false, stuck: 'no image' } },
      [
        'Ready=False/RolloutStuck',
        'ControlPlaneAvailable=False/RolloutStuck',
        'CertificatesReady=True/BundlePublished',
        'ProxiesSynced=Unknown/NoReport',
        'Reconciling=True/RollingOut',
      ],
    ],
    [
      'there is no bundle',
      { bundle: { kind: 'absent' }, webhooks: false },
      [
        'Ready=False/WaitingForBundle',
        'ControlPlaneAvailable=True/Available',
        'CertificatesReady=False/WaitingForBundle',
        'ProxiesSynced=True/AllSynced',
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
      ],
    ],
    [
      'certificates cannot be renewed, and are about to end',
      { roots: { ...noNews, failing: { message: 'why', urgent: true } } },
      [
        'Ready=False/IssuerFailing',
        'ControlPlaneAvailable=True/Available',
        'CertificatesReady=False/IssuerFailing',
        'ProxiesSynced=True/AllSynced',
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
      ],
    ],
    [
      'the root is being switched',
      { roots: { ...noNews, moving: { reason: 'RotationHeld', message: 'why' } } },
      ['Ready=True/Ready', ...quiet, 'Reconciling=True/RotationHeld'],
    ],
    [
      'only the webhooks are missing',
      { webhooks: false },
      ['Ready=False/WebhooksMissing', ...quiet, 'Reconciling=True/WebhooksMissing'],
    ],
    [
      'proxies are behind, as after every change',
      { proxies: behind, behindSince: now - patienceMs + 1 },
      ['Ready=True/Ready', ...quiet.slice(0, 2), 'ProxiesSynced=False/Pending'],
    ],
    [
      'proxies are behind for too long',
      { proxies: behind, behindSince: now - patienceMs },
      ['Ready=False/Pending', ...quiet.slice(0, 2), 'ProxiesSynced=False/Pending'],
    ],
    [
      'a proxy rejected something',
      { proxies: { connected: 3, synced: 2, rejected: 1 } },
      ['Ready=False/ProxiesRejected', ...quiet.slice(0, 2), 'ProxiesSynced=False/ProxiesRejected'],
    ],
    [
      'there is no proxy',
      { proxies: { connected: 0, synced: 0, rejected: 0 } },
      ['Ready=True/Ready', ...quiet],
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
      { refusal: { kind: 'another-rules', ruler: 'weft-system/old' } },
      [
        'Ready=False/AnotherMeshConfig',
        'ControlPlaneAvailable=Unknown/NotRuling',
        'CertificatesReady=Unknown/NotRuling',
        'ProxiesSynced=Unknown/NotRuling',
        'Stalled=True/AnotherMeshConfig',
      ],
    ],
    [
      'it is being deleted, whatever else is wrong',
      { deleting: true, problems: [problem] },
      ['Ready=False/Deleting', ...quiet, 'Reconciling=True/Deleting'],
    ],
  ])('%s', (_, world, expected) => {
    expect(shown(world)).toEqual(expected);
  });

  it('names field and remedy of every problem', () => {
    const text = message({ problems: [problem, { ...problem, field: 'spec.other' }] }, 'Ready');
    expect(text).toBe(
      'Nothing was changed. spec.certificate.certKeyBitSize: 1024 is out of range; use 2048 to 4096. spec.other: 1024 is out of range; use 2048 to 4096.',
    );
  });

  it('tells a MeshConfig elsewhere where it belongs', () => {
    const refusal = { kind: 'wrong-namespace', namespace: 'weft-system' } as const;
    expect(message({ refusal }, 'Ready')).toContain('create it in weft-system');
  });
});

describe('the page about the status', () => {
  it('explains each reason once, and no other', () => {
    const page = join(import.meta.dirname, '../../docs/meshconfig-status.md');
    const rows = readFileSync(page, 'utf8').matchAll(/^\| ([A-Z]\w+) +\|/gm);
    expect([...rows].map(([, reason]) => reason).sort()).toEqual([...reasons].sort());
  });
});
