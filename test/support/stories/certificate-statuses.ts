import type { MeshConfig } from '../../../src/api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../../../src/api/gen/mesh-root-certificate.ts';
import type { LeavesReport } from '../../../src/api/certificate-report.ts';
import { makeMeshConfig } from '../builders/make-mesh-config.ts';
import { makeMetadata } from '../builders/make-object.ts';

// What the operator writes into the status of a MeshConfig and of its MeshRootCertificates.

type Status = NonNullable<MeshConfig['status']>;
export type Certificate = NonNullable<Status['certificate']>;
type Conditions = NonNullable<Status['conditions']>;
export type RootStatus = NonNullable<MeshRootCertificate['status']>;

/** A condition of the first generation; `is` is `<status>/<reason>`. */
export function condition(
  type: string,
  is: `${'True' | 'False'}/${string}`,
  message: string,
): Conditions[number] {
  const [status, reason = ''] = is.split('/');
  return {
    ...{ type, status: status === 'True' ? 'True' : 'False', reason, message },
    observedGeneration: 1,
    lastTransitionTime: '2026-11-24T08:00:00Z',
  };
}

/** Of a mesh that has all it wants. */
export const goodConditions: Conditions = [
  condition('Ready', 'True/Ready', 'The mesh is up.'),
  condition('ControlPlaneAvailable', 'True/Available', '2 of 2 replicas are available.'),
  condition(
    'CertificatesReady',
    'True/BundlePublished',
    'The root is valid until 2036-11-21T08:00:00Z.',
  ),
  condition('ProxiesSynced', 'True/AllSynced', '42 of 42 proxies have acknowledged everything.'),
];

const proxies = { connected: 42, synced: 42, rejected: 0, summary: '42/42' };
/** Of a mesh whose one root, weft-root-1, is of the built-in authority. */
export const onBuiltIn: Certificate = {
  summary: 'builtIn',
  provider: 'builtIn',
  root: 'weft-root-1',
  rootNotAfter: '2036-11-21T08:00:00Z',
};
/** Leaves that are all held, the first of which ends in 15 h 15 min. */
export const goodHealth: LeavesReport = {
  held: 42,
  waiting: 0,
  earliestExpiry: Date.parse('2026-11-25T03:15:00Z'),
};

/** The parts of a status that a story sets. */
export interface Told {
  readonly spec?: MeshConfig['spec'];
  readonly conditions?: Conditions;
  readonly certificate?: Certificate;
  readonly generation?: number;
  /** When the operator looked last; left out by default, so that a story may be shown at any time. */
  readonly lastCheckedTime?: string;
}

/** A mesh with that status; good, and at rest on the built-in authority, unless set otherwise. */
export function meshConfigWith({
  spec = {},
  conditions = goodConditions,
  certificate = onBuiltIn,
  generation = 1,
  lastCheckedTime,
}: Told): MeshConfig {
  const status: Status = {
    observedGeneration: 1,
    ...(lastCheckedTime !== undefined && { lastCheckedTime }),
    version: '0.1.0',
    conditions,
    proxies,
    certificate,
  };
  return makeMeshConfig({ spec, status, generation });
}

export interface RootOptions {
  readonly role?: MeshRootCertificate['spec']['role'];
  readonly spec?: Partial<MeshRootCertificate['spec']>;
  readonly status?: RootStatus;
}

/** A MeshRootCertificate of weft-system, in the built-in authority unless set otherwise. */
export function rootRecord(
  name: string,
  { role = 'active', spec, status }: RootOptions,
): MeshRootCertificate {
  return {
    apiVersion: 'config.openservicemesh.io/v1alpha2',
    kind: 'MeshRootCertificate',
    metadata: makeMetadata({ name, namespace: 'weft-system' }, name),
    spec: {
      trustDomain: 'cluster.local',
      provider: { tresor: { ca: { secretRef: { name: 'weft-ca', namespace: 'weft-system' } } } },
      ...spec,
      role,
    },
    ...(status === undefined ? {} : { status }),
  };
}

/** A SHA-256 fingerprint of these digits, over and over. */
export const fingerprintOf = (digits: string): string => digits.repeat(64 / digits.length);

/** weft-root-1, of the built-in authority. */
export const firstRoot = (
  state: NonNullable<RootStatus['state']>,
  role: RootOptions['role'] = 'active',
): MeshRootCertificate => {
  const fingerprint = fingerprintOf('3f9a1cde0b774512');
  return rootRecord('weft-root-1', {
    role,
    status: { state, provider: 'builtIn', fingerprint, notAfter: '2036-11-21T08:00:00Z' },
  });
};
