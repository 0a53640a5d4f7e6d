import { expect, it } from '@jest/globals';
import type { MeshConfig, MeshConfigStatus } from '../../src/api/gen/mesh-config.ts';
import type { Frozen } from '../../src/common/freeze.ts';
import { certManagerProvider } from './provider.ts';
import { isSettled, whyUnsettled } from './settled.ts';

type Status = Frozen<MeshConfigStatus>;
type Conditions = NonNullable<Status['conditions']>;

const condition = (type: string, status: 'True' | 'False', message = ''): Conditions => [
  { type, status, reason: 'x', message, lastTransitionTime: '2026-01-01T00:00:00Z' },
];
const ready = condition('Ready', 'True');
const settled = { provider: 'certManager', root: 'weft-root-2' };
const rotation = {
  from: 'weft-root-1',
  to: 'weft-root-2',
  phase: 'Settle',
  acknowledged: 1,
  total: 11,
  message: 'Waiting: for much.',
} as const;

function meshConfig(change: Status): MeshConfig {
  return {
    apiVersion: 'config.openservicemesh.io/v1alpha2',
    kind: 'MeshConfig',
    metadata: { name: 'osm-mesh-config', generation: 3 },
    spec: { certificate: { provider: certManagerProvider('mesh-ca') } },
    status: { observedGeneration: 3, conditions: ready, certificate: settled, ...change },
  };
}

it('a mesh that is as its spec says is settled', () => {
  expect(isSettled(meshConfig({}))).toBe(true);
});

const underWay =
  'a switch of roots is under way already: weft-root-1 → weft-root-2, Settle, 1 of 11 proxies. Waiting: for much. Wait';
const other = 'the provider of certificates is builtIn, and the MeshConfig asks for certManager: ';
const rows: readonly (readonly [string, Status, string])[] = [
  ['not seen yet', { observedGeneration: 2 }, 'the operator has not applied the last edit'],
  [
    'not ready',
    { conditions: condition('Ready', 'False', 'No replica.') },
    'the mesh is not ready: No replica.',
  ],
  [
    'without a word of readiness',
    { conditions: [] },
    'the mesh is not ready: the operator has not reported on it',
  ],
  ['on its way, though ready', { certificate: { ...settled, rotation } }, underWay],
  [
    'with the provider of before',
    { certificate: { provider: 'builtIn' } },
    `${other}the operator has not reported the reason yet.`,
  ],
  [
    'stalled with the provider of before',
    {
      certificate: { provider: 'builtIn' },
      conditions: [...ready, ...condition('Stalled', 'True', 'Name a role.')],
    },
    `${other}Name a role.`,
  ],
];
it.each(rows)('a mesh that is %s says so', (_, change, why) => {
  expect(isSettled(meshConfig(change))).toBe(false);
  expect(whyUnsettled(meshConfig(change))?.startsWith(why)).toBe(true);
});
