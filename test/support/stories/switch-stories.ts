import type { MeshConfig } from '../../../src/api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../../../src/api/gen/mesh-root-certificate.ts';
import {
  type Certificate,
  condition,
  fingerprintOf,
  firstRoot,
  goodHealth,
  meshConfigWith,
  onBuiltIn,
  type RootOptions,
  rootRecord,
  type RootStatus,
} from './certificate-statuses.ts';

type Rotation = NonNullable<Certificate['rotation']>;

const issuer = {
  issuerName: 'mesh-ca',
  issuerKind: 'ClusterIssuer',
  issuerGroup: 'cert-manager.io',
};

/** weft-root-2, of cert-manager. */
const secondRoot = (
  state: NonNullable<RootStatus['state']>,
  role: RootOptions['role'] = 'active',
): MeshRootCertificate =>
  rootRecord('weft-root-2', {
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
function switching(rotation: Partial<Rotation>, signer = onBuiltIn): MeshConfig {
  const whole: Rotation = {
    from: 'weft-root-1',
    to: 'weft-root-2',
    phase: 'TrustBoth',
    acknowledged: 31,
    total: 42,
    since: '2026-11-24T11:57:46Z',
    ...rotation,
  };
  return meshConfigWith({ certificate: { ...signer, rotation: whole } });
}

const second: Certificate = {
  summary: 'builtIn → certManager',
  provider: 'certManager',
  root: 'weft-root-2',
  rootNotAfter: '2031-11-24T08:00:00Z',
};

const lagging = ['shop/cart-7d9f8c6b5-x2x1p', 'shop/till-0'];

/** Stories of a switch from weft-root-1 to weft-root-2: each phase, and what may hold it. */
export const switchStories = {
  'in Preflight': {
    meshConfig: switching({
      phase: 'Preflight',
      acknowledged: 0,
      total: 0,
      message: 'Weft is probing weft-root-2.',
    }),
    roots: [firstRoot('issuing', 'passive'), secondRoot('probing')],
    health: goodHealth,
  },
  'in TrustBoth': {
    meshConfig: switching({
      waiting: lagging,
      message: '31 of 42 proxies have acknowledged the roots.',
    }),
    roots: [firstRoot('issuing', 'passive'), secondRoot('validating')],
    health: goodHealth,
  },
  'in SignNew': {
    meshConfig: switching({ phase: 'SignNew', acknowledged: 40, waiting: lagging }, second),
    roots: [firstRoot('validating', 'passive'), secondRoot('issuing')],
    health: goodHealth,
  },
  'in Settle': {
    meshConfig: switching({ phase: 'Settle', acknowledged: 42 }, second),
    roots: [firstRoot('validating', 'passive'), secondRoot('issuing')],
    health: goodHealth,
  },
  'in DropOld': {
    meshConfig: switching({ phase: 'DropOld', acknowledged: 7 }, second),
    roots: [firstRoot('unused', 'inactive'), secondRoot('issuing')],
    health: goodHealth,
  },
  'held by pods that do not answer': {
    meshConfig: switching({
      acknowledged: 37,
      since: '2026-11-24T11:35:00Z',
      waiting: lagging,
      message: '37 of 42 proxies have acknowledged the roots. Restart those that wait.',
    }),
    roots: [firstRoot('issuing', 'passive'), secondRoot('validating')],
    health: goodHealth,
  },
  'a new root that cannot sign': {
    meshConfig: switching({
      phase: 'Preflight',
      acknowledged: 0,
      total: 0,
      message:
        'weft-root-2 has been unable to sign since 2026-11-24T11:58:00Z: ClusterIssuer mesh-ca is not there.',
    }),
    roots: [
      firstRoot('issuing', 'passive'),
      rootRecord('weft-root-2', {
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
    health: goodHealth,
  },
  'a new root whose issuer does not answer': {
    meshConfig: switching({ phase: 'Preflight', acknowledged: 0, total: 0 }),
    roots: [
      firstRoot('issuing', 'passive'),
      rootRecord('weft-root-2', {
        spec: { provider: { certManager: { ...issuer, mode: 'intermediate' } } },
        status: {
          state: 'probing',
          provider: 'certManager',
          conditions: [
            condition('Accepted', 'True/Accepted', 'The mesh follows its role.'),
            condition('Ready', 'False/CannotSign', 'cert-manager did not answer within 30 s'),
          ],
        },
      }),
    ],
    health: goodHealth,
  },
} as const;
