import type { ConditionType, StatusInputs } from '../../../src/operator/condition-words.ts';
import { conditionsFor, noRotation } from '../../../src/operator/conditions.ts';
import { makeReport } from './make-report.ts';

export const now = Date.parse('2026-01-02T00:00:00Z');
/** All is well. */
export const well: StatusInputs = {
  refusal: undefined,
  problems: [],
  rejection: undefined,
  deleting: false,
  rollout: { wanted: 2, available: 2, settled: true, stuck: undefined },
  bundle: { kind: 'valid', pem: 'PEM', notAfter: now + 1000 },
  rotation: noRotation,
  proxies: makeReport(),
  silentSince: undefined,
  namespace: 'weft-system',
  webhooks: true,
  now,
};

/** `type=status/reason` of each condition. */
export function shown(world: Partial<StatusInputs>): string[] {
  return conditionsFor({ ...well, ...world }).map((c) => `${c.type}=${c.status}/${c.reason}`);
}

/** Of one condition. */
export function message(world: Partial<StatusInputs>, type: ConditionType): string | undefined {
  return conditionsFor({ ...well, ...world }).find((condition) => condition.type === type)?.message;
}

export const pods = ['PodsInMesh=True/AllInMesh', 'ServicesServed=True/AllServed'];
/** The conditions beside Ready while nothing is wrong. */
export const quiet = [
  'ControlPlaneAvailable=True/Available',
  'CertificatesReady=True/BundlePublished',
  'ProxiesSynced=True/AllSynced',
  ...pods,
];
export const unknown = ['ProxiesSynced', 'PodsInMesh', 'ServicesServed'].map(
  (type) => `${type}=Unknown/NoReport`,
);
