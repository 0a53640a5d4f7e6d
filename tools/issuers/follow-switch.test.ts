import { expect, it } from '@jest/globals';
import type { MeshConfig, MeshConfigStatus } from '../../src/api/gen/mesh-config.ts';
import type { Frozen } from '../../src/common/freeze.ts';
import { isSettled, wordsOf } from './follow-switch.ts';
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

const words: readonly (readonly [string, object, string])[] = [
  [
    'before the first count',
    { message: 'The control plane is told.' },
    'The control plane is told.',
  ],
  [
    'that waits for many',
    { acknowledged: 1, total: 5, waiting: ['a/1', 'a/2', 'b/1', 'b/2'] },
    '1/5 proxies   waiting for a/1, a/2 and 2 more',
  ],
  ['that waits for nobody', { acknowledged: 5, total: 5, waiting: [] }, '5/5 proxies'],
  ['with much to say', { message: 'x'.repeat(300) }, `${'x'.repeat(100)}…`],
];
it.each(words)('a stage %s is one line', (_, change, expected) => {
  const line = wordsOf({ atMs: 0, elapsedMs: 12_000, rotation: { ...rotation, ...change } });
  expect(line).toMatch(/^ {3}12s {2}Settle {5}/);
  expect(line.endsWith(` ${expected}`)).toBe(true);
});
