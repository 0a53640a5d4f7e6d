import type { LeavesReport } from '../../../src/api/certificate-report.ts';
import type { MeshConfig } from '../../../src/api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../../../src/api/gen/mesh-root-certificate.ts';
import {
  condition,
  fingerprintOf,
  firstRoot,
  goodConditions,
  goodHealth,
  meshConfigWith,
  onBuiltIn,
  rootRecord,
} from './certificate-statuses.ts';
import { makeMeshConfig } from '../builders/make-mesh-config.ts';
import { switchStories } from './switch-stories.ts';

/** The moment at which the stories take place. */
export const toldAt = Date.parse('2026-11-24T12:00:00Z');

/** What the API server may hold of a mesh's certificates. */
export interface CertificateStory {
  readonly meshConfig: MeshConfig;
  readonly roots: readonly MeshRootCertificate[];
  readonly health?: LeavesReport;
  /** When the control plane reported last. */
  readonly reportedAt?: string;
}

/** The stories, by what they are about. */
export const certificateStories = {
  'at rest on the built-in authority': {
    meshConfig: meshConfigWith({}),
    roots: [firstRoot('issuing')],
    health: goodHealth,
  },
  ...switchStories,
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
      rootRecord('weft-root-1', {
        spec: { trustDomain: 'blue.example.com', keyAlgorithm: 'RSA', keyBitSize: 3072 },
        status: {
          state: 'issuing',
          provider: 'builtIn',
          fingerprint: fingerprintOf('0a1b2c3d'),
          notAfter: '2036-11-21T08:00:00Z',
        },
      }),
    ],
    health: goodHealth,
  },
  'roots of a user': {
    meshConfig: meshConfigWith({
      certificate: { provider: 'vault', root: 'corporate', rootNotAfter: '2028-01-01T00:00:00Z' },
    }),
    roots: [
      rootRecord('spare', { role: 'inactive' }),
      rootRecord('corporate-next', {
        role: 'passive',
        status: {
          state: 'validating',
          provider: 'vault',
          fingerprint: fingerprintOf('77aa'),
          notAfter: '2030-01-01T00:00:00Z',
        },
      }),
      rootRecord('corporate', {
        status: {
          state: 'issuing',
          provider: 'vault',
          fingerprint: fingerprintOf('beef'),
          notAfter: '2028-01-01T00:00:00Z',
        },
      }),
    ],
    health: goodHealth,
  },
  'an edit that cannot be put into force': {
    meshConfig: meshConfigWith({
      conditions: [
        ...goodConditions,
        condition(
          'Stalled',
          'True/InvalidSpec',
          'Nothing was changed. spec.certificate.provider.vault: name a role.',
        ),
      ],
    }),
    roots: [firstRoot('issuing')],
    health: goodHealth,
  },
  'a root near its end, and an edit not taken up': {
    meshConfig: meshConfigWith({
      certificate: { ...onBuiltIn, rootNotAfter: '2026-12-10T12:00:00Z' },
      generation: 3,
    }),
    roots: [firstRoot('issuing')],
    health: goodHealth,
  },
  'no operator at work': {
    meshConfig: meshConfigWith({ lastCheckedTime: '2026-11-24T11:57:31Z' }),
    roots: [firstRoot('issuing')],
    health: goodHealth,
    reportedAt: '2026-11-24T11:59:30Z',
  },
  'neither operator nor control plane at work': {
    meshConfig: meshConfigWith({ lastCheckedTime: '2026-11-24T11:57:31Z' }),
    roots: [firstRoot('issuing')],
    health: goodHealth,
    reportedAt: '2026-11-24T11:57:00Z',
  },
  'an authority that stopped signing': {
    meshConfig: meshConfigWith({}),
    roots: [firstRoot('issuing')],
    health: {
      ...goodHealth,
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

/** The story as if it took place now: every time in it is moved by as much. */
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
