import { expect, it } from '@jest/globals';
import type { MeshConfig, MeshConfigStatus } from '../../src/api/gen/mesh-config.ts';
import type { Frozen } from '../../src/common/freeze.ts';
import { isSettled } from './follow-switch.ts';
import { certManagerProvider } from './provider.ts';

type Status = Frozen<MeshConfigStatus>;

const rotation = { to: 'weft-root-2', phase: 'Settle' } as const;
const ready = (status: 'True' | 'False'): NonNullable<Status['conditions']> => [
  { type: 'Ready', status, reason: 'x', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
];

function meshConfig(change: Status): MeshConfig {
  return {
    apiVersion: 'config.openservicemesh.io/v1alpha2',
    kind: 'MeshConfig',
    metadata: { name: 'osm-mesh-config', generation: 3 },
    spec: { certificate: { provider: certManagerProvider('mesh-ca') } },
    status: {
      observedGeneration: 3,
      conditions: ready('True'),
      certificate: { provider: 'certManager', root: 'weft-root-2' },
      ...change,
    },
  };
}

const rows: readonly (readonly [string, Status, boolean])[] = [
  ['as its spec says', {}, true],
  ['not seen yet', { observedGeneration: 2 }, false],
  ['not ready', { conditions: ready('False') }, false],
  ['without a word of readiness', { conditions: [] }, false],
  ['with the provider of before', { certificate: { provider: 'builtIn' } }, false],
  ['on its way', { certificate: { provider: 'certManager', rotation } }, false],
];
it.each(rows)('a mesh that is %s', (_, change, settled) => {
  expect(isSettled(meshConfig(change))).toBe(settled);
});
