import type { MeshConfig } from '../../src/api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../../src/api/gen/mesh-root-certificate.ts';
import type { LeavesReport } from '../../src/api/certificate-report.ts';
import { makeMeshConfig } from './make-mesh-config.ts';
import { makeMetadata } from './make-object.ts';

/** The moment at which the stories are told. */
export const toldAt = Date.parse('2026-11-24T12:00:00Z');

/** What the API server may hold of a mesh's certificates. */
export interface CertificateStory {
  readonly meshConfig: MeshConfig;
  readonly roots: readonly MeshRootCertificate[];
  readonly health?: LeavesReport;
}

type Status = NonNullable<MeshConfig['status']>;
type Certificate = NonNullable<Status['certificate']>;
type Rotation = NonNullable<Certificate['rotation']>;
type Conditions = NonNullable<Status['conditions']>;
type RootStatus = NonNullable<MeshRootCertificate['status']>;

/** `is` is `<status>/<reason>`. */
function condition(
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

const good: Conditions = [
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
const first: Certificate = {
  summary: 'builtIn',
  provider: 'builtIn',
  root: 'weft-root-1',
  rootNotAfter: '2036-11-21T08:00:00Z',
};
const health: LeavesReport = {
  held: 42,
  waiting: 0,
  earliestExpiry: Date.parse('2026-11-25T03:15:00Z'),
};

interface Told {
  readonly spec?: MeshConfig['spec'];
  readonly conditions?: Conditions;
  readonly certificate?: Certificate;
  readonly generation?: number;
}

function meshConfigWith({
  spec = {},
  conditions = good,
  certificate = first,
  generation = 1,
}: Told): MeshConfig {
  const status: Status = {
    observedGeneration: 1,
    version: '0.1.0',
    conditions,
    proxies,
    certificate,
  };
  return makeMeshConfig({ spec, status, generation });
}

interface RootOptions {
  readonly role?: MeshRootCertificate['spec']['role'];
  readonly spec?: Partial<MeshRootCertificate['spec']>;
  readonly status?: RootStatus;
}

/** A MeshRootCertificate of weft-system, in the built-in authority unless told otherwise. */
function root(name: string, { role = 'active', spec, status }: RootOptions): MeshRootCertificate {
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

const fingerprintOf = (digits: string): string => digits.repeat(64 / digits.length);

const firstRoot = (
  state: NonNullable<RootStatus['state']>,
  role: RootOptions['role'] = 'active',
): MeshRootCertificate => {
  const fingerprint = fingerprintOf('3f9a1cde0b774512');
  return root('weft-root-1', {
    role,
    status: { state, provider: 'builtIn', fingerprint, notAfter: '2036-11-21T08:00:00Z' },
  });
};

const issuer = {
  issuerName: 'mesh-ca',
  issuerKind: 'ClusterIssuer',
  issuerGroup: 'cert-manager.io',
};

const secondRoot = (
  state: NonNullable<RootStatus['state']>,
  role: RootOptions['role'] = 'active',
): MeshRootCertificate =>
  root('weft-root-2', {
    role,
    spec: { provider: { certManager: { ...issuer, mode: 'intermediate' } } },
    status: {
      state,
      provider: 'certManager',
      ...(state === 'probing'
        ? {}
        : { fingerprint: fingerprintOf('c40d77aa'), notAfter: '2031-11-24T08:00:00Z' }),
    },
  });

/** On the way from weft-root-1 to weft-root-2. */
function switching(rotation: Partial<Rotation>, signer = first, told: Told = {}): MeshConfig {
  const whole: Rotation = {
    from: 'weft-root-1',
    to: 'weft-root-2',
    phase: 'TrustBoth',
    acknowledged: 31,
    total: 42,
    since: '2026-11-24T11:57:46Z',
    ...rotation,
  };
  return meshConfigWith({ ...told, certificate: { ...signer, rotation: whole } });
}

const second: Certificate = {
  summary: 'builtIn → certManager',
  provider: 'certManager',
  root: 'weft-root-2',
  rootNotAfter: '2031-11-24T08:00:00Z',
};

const lagging = ['shop/cart-7d9f8c6b5-x2x1p', 'shop/till-0'];

/** The stories, by what they are about. */
export const certificateStories = {
  'at rest on the built-in authority': {
    meshConfig: meshConfigWith({}),
    roots: [firstRoot('issuing')],
    health,
  },
  'in Preflight': {
    meshConfig: switching({
      phase: 'Preflight',
      acknowledged: 0,
      total: 0,
      message: 'weft-root-2 is being tried.',
    }),
    roots: [firstRoot('issuing', 'passive'), secondRoot('probing')],
    health,
  },
  'in TrustBoth': {
    meshConfig: switching({
      waiting: lagging,
      message: '31 of 42 proxies have acknowledged the roots.',
    }),
    roots: [firstRoot('issuing', 'passive'), secondRoot('validating')],
    health,
  },
  'in SignNew': {
    meshConfig: switching({ phase: 'SignNew', acknowledged: 40, waiting: lagging }, second),
    roots: [firstRoot('validating', 'passive'), secondRoot('issuing')],
    health,
  },
  'in Settle': {
    meshConfig: switching({ phase: 'Settle', acknowledged: 42 }, second),
    roots: [firstRoot('validating', 'passive'), secondRoot('issuing')],
    health,
  },
  'in DropOld': {
    meshConfig: switching({ phase: 'DropOld', acknowledged: 7 }, second),
    roots: [firstRoot('unused', 'inactive'), secondRoot('issuing')],
    health,
  },
  'held by pods that do not answer': {
    meshConfig: switching({
      acknowledged: 37,
      since: '2026-11-24T11:35:00Z',
      waiting: lagging,
      message: '37 of 42 proxies have acknowledged the roots. Restart those that wait.',
    }),
    roots: [firstRoot('issuing', 'passive'), secondRoot('validating')],
    health,
  },
  'a new root that cannot sign': {
    meshConfig: switching({
      phase: 'Preflight',
      acknowledged: 0,
      total: 0,
      message:
        'weft-root-2 cannot sign since 2026-11-24T11:58:00Z: ClusterIssuer mesh-ca is not there.',
    }),
    roots: [
      firstRoot('issuing', 'passive'),
      root('weft-root-2', {
        spec: { provider: { certManager: { ...issuer, mode: 'intermediate' } } },
        status: {
          state: 'refused',
          provider: 'certManager',
          conditions: [
            condition(
              'Accepted',
              'False/IssuerNotFound',
              'ClusterIssuer mesh-ca is not there. Create it.',
            ),
          ],
        },
      }),
    ],
    health,
  },
  'a new root whose issuer does not answer': {
    meshConfig: switching({ phase: 'Preflight', acknowledged: 0, total: 0 }),
    roots: [
      firstRoot('issuing', 'passive'),
      root('weft-root-2', {
        spec: { provider: { certManager: { ...issuer, mode: 'intermediate' } } },
        status: {
          state: 'probing',
          provider: 'certManager',
          conditions: [
            condition('Accepted', 'True/Accepted', 'Its role is followed.'),
            condition('Ready', 'False/CannotSign', 'cert-manager did not answer within 30 s'),
          ],
        },
      }),
    ],
    health,
  },
  'no status yet': { meshConfig: makeMeshConfig(), roots: [] },
  'being made': {
    meshConfig: meshConfigWith({
      certificate: { provider: 'builtIn' },
      conditions: [
        condition(
          'Ready',
          'False/WaitingForBundle',
          'The control plane has not published its trust bundle yet.',
        ),
        condition('ControlPlaneAvailable', 'True/Available', '2 of 2 replicas are available.'),
        condition(
          'CertificatesReady',
          'False/WaitingForBundle',
          'The control plane has not published its trust bundle yet.',
        ),
        condition(
          'Reconciling',
          'True/WaitingForBundle',
          'Waiting for the trust bundle of the control plane.',
        ),
      ],
    }),
    roots: [],
  },
  'RSA in another trust domain': {
    meshConfig: meshConfigWith({ spec: { meshName: 'blue' } }),
    roots: [
      root('weft-root-1', {
        spec: { trustDomain: 'blue.example.com', keyAlgorithm: 'RSA', keyBitSize: 3072 },
        status: {
          state: 'issuing',
          provider: 'builtIn',
          fingerprint: fingerprintOf('0a1b2c3d'),
          notAfter: '2036-11-21T08:00:00Z',
        },
      }),
    ],
    health,
  },
  'roots of a user': {
    meshConfig: meshConfigWith({
      certificate: { provider: 'vault', root: 'corporate', rootNotAfter: '2028-01-01T00:00:00Z' },
    }),
    roots: [
      root('spare', { role: 'inactive' }),
      root('corporate-next', {
        role: 'passive',
        status: {
          state: 'validating',
          provider: 'vault',
          fingerprint: fingerprintOf('77aa'),
          notAfter: '2030-01-01T00:00:00Z',
        },
      }),
      root('corporate', {
        status: {
          state: 'issuing',
          provider: 'vault',
          fingerprint: fingerprintOf('beef'),
          notAfter: '2028-01-01T00:00:00Z',
        },
      }),
    ],
    health,
  },
  'an edit that cannot be put into force': {
    meshConfig: meshConfigWith({
      conditions: [
        ...good,
        condition(
          'Stalled',
          'True/InvalidSpec',
          'Nothing was changed. spec.certificate.provider.vault: name a role.',
        ),
      ],
    }),
    roots: [firstRoot('issuing')],
    health,
  },
  'a root near its end, and an edit not taken up': {
    meshConfig: meshConfigWith({
      certificate: { ...first, rootNotAfter: '2026-12-10T12:00:00Z' },
      generation: 3,
    }),
    roots: [firstRoot('issuing')],
    health,
  },
  'an authority that stopped signing': {
    meshConfig: meshConfigWith({}),
    roots: [firstRoot('issuing')],
    health: {
      ...health,
      waiting: 3,
      failure: {
        code: 'issuer-unavailable',
        message: 'Vault at https://vault.example.com:8200 is sealed',
        since: Date.parse('2026-11-24T11:50:00Z'),
      },
    },
  },
} as const satisfies Readonly<Record<string, CertificateStory>>;

export type StoryName = keyof typeof certificateStories;

/** The story as if it were told now: every time in it is moved by as much. */
export function retell(story: CertificateStory, now: number): CertificateStory {
  const by = now - toldAt;
  const iso = (text: string): string =>
    new Date(Date.parse(text) + by).toISOString().replace(/\.\d+Z$/, 'Z');
  const text = JSON.stringify(story)
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, iso)
    // Milliseconds since the epoch.
    .replaceAll(/\b\d{13}\b/g, (ms) => String(Number(ms) + by));
  return JSON.parse(text) as CertificateStory;
}
