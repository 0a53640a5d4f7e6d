import { describe, expect, it } from '@jest/globals';
import {
  certificateStories,
  type CertificateStory,
  type StoryName,
  toldAt,
} from '../../test/support/stories/certificate-stories.ts';
import type { CertificateFacts } from './certificate-facts.ts';
import { certificateStatusOf } from './certificate-status.ts';

function factsOf({ meshConfig, roots, health, reportedAt }: CertificateStory): CertificateFacts {
  const leaves =
    health === undefined
      ? ({ kind: 'not-reported' } as const)
      : ({ kind: 'reported', health } as const);
  const heartbeat =
    reportedAt === undefined
      ? ({ kind: 'not-reported' } as const)
      : ({ kind: 'reported', at: reportedAt } as const);
  return { meshConfig, others: [], roots, leaves, heartbeat };
}

// What each story comes to: the state, the phase's place, and every problem.
const table: Readonly<Record<StoryName, readonly [string, number | undefined, ...string[]]>> = {
  'at rest on the built-in authority': ['healthy', undefined],
  'in Preflight': ['switching', 1],
  'in TrustBoth': ['switching', 2],
  'in SignNew': ['switching', 3],
  'in Settle': ['switching', 4],
  'in DropOld': ['switching', 5],
  'held by pods that do not answer': ['held', 2, 'held switch-held'],
  'a new root that cannot sign': ['held', 1, 'held root-refused'],
  'a new root whose issuer does not answer': ['held', 1, 'held root-cannot-sign'],
  'no status yet': ['unknown', undefined, 'unknown no-status'],
  'being made': ['unknown', undefined, 'unknown certificates-not-ready', 'warning reconciling'],
  'RSA in another trust domain': ['healthy', undefined],
  'roots of a user': ['healthy', undefined],
  'an edit that cannot be put into force': ['held', undefined, 'held stalled'],
  'a root near its end, and an edit not taken up': [
    ...(['healthy', undefined] as const),
    ...['warning root-ending', 'warning status-behind'],
  ],
  'no operator at work': ['held', undefined, 'held operator-away'],
  'neither operator nor control plane at work': [
    ...(['failing', undefined] as const),
    ...['failing control-plane-away', 'held operator-away'],
  ],
  'an authority that stopped signing': ['failing', undefined, 'failing leaves-failing'],
};

describe('the state of certificates', () => {
  for (const [name, expected] of Object.entries(table)) {
    it(`${name}: ${expected[0]}`, () => {
      const story = certificateStories[name as StoryName];
      const { state, rotation, problems } = certificateStatusOf(factsOf(story), toldAt);
      const found = problems.map(({ severity, code }) => `${severity} ${code}`);
      expect([state, rotation?.step, ...found]).toEqual(expected);
    });
  }

  it('has the documented shape', () => {
    const story = certificateStories['in TrustBoth'];
    const status = certificateStatusOf(factsOf(story), toldAt);
    expect(JSON.parse(JSON.stringify(status))).toEqual({
      mesh: 'osm',
      meshConfig: 'weft-system/osm-mesh-config',
      state: 'switching',
      provider: 'builtIn',
      root: 'weft-root-1',
      rootNotAfter: '2036-11-21T08:00:00Z',
      roots: [
        {
          name: 'weft-root-1',
          role: 'passive',
          state: 'issuing',
          provider: 'builtIn',
          trustDomain: 'cluster.local',
          keys: 'ECDSA',
          fingerprint: '3f9a1cde0b774512'.repeat(4),
          notAfter: '2036-11-21T08:00:00Z',
        },
        {
          name: 'weft-root-2',
          role: 'active',
          state: 'validating',
          provider: 'certManager',
          trustDomain: 'cluster.local',
          keys: 'ECDSA',
          fingerprint: 'c40d77aa'.repeat(8),
          notAfter: '2031-11-24T08:00:00Z',
        },
      ],
      rotation: {
        from: 'weft-root-1',
        to: 'weft-root-2',
        phase: 'TrustBoth',
        step: 2,
        steps: 5,
        acknowledged: 31,
        total: 42,
        since: '2026-11-24T11:57:46Z',
        waiting: ['shop/cart-7d9f8c6b5-x2x1p', 'shop/till-0'],
        message: '31 of 42 proxies have acknowledged the roots.',
      },
      proxies: { connected: 42, synced: 42, rejected: 0 },
      leaves: { held: 42, waiting: 0, earliestNotAfter: '2026-11-25T03:15:00Z' },
      problems: [],
    });
  });

  it('leaves out what no report contains', () => {
    expect(certificateStatusOf(factsOf(certificateStories['no status yet']), toldAt)).toEqual({
      mesh: 'osm',
      meshConfig: 'weft-system/osm-mesh-config',
      state: 'unknown',
      roots: [],
      problems: [expect.objectContaining({ code: 'no-status' })],
    });
  });

  it('does not change by the passing of time alone', () => {
    const facts = factsOf(certificateStories['in SignNew']);
    expect(certificateStatusOf(facts, toldAt + 60_000)).toEqual(certificateStatusOf(facts, toldAt));
  });

  it('says of when it is, while no operator is at work', () => {
    const facts = factsOf(certificateStories['no operator at work']);
    const asOf = '2026-11-24T11:57:31Z';
    expect(certificateStatusOf(facts, toldAt)).toMatchObject({ asOf, state: 'held' });
    expect(certificateStatusOf(facts, Date.parse(asOf))).not.toHaveProperty('asOf');
  });

  it('lists roots by what they do: the signer, the trusted, the unused', () => {
    const { roots } = certificateStatusOf(factsOf(certificateStories['roots of a user']), toldAt);
    expect(roots.map(({ name, role, state }) => [name, role, state])).toEqual([
      ['corporate', 'active', 'issuing'],
      ['corporate-next', 'passive', 'validating'],
      ['spare', 'inactive', 'unknown'],
    ]);
  });

  it('knows RSA keys and trust domains, and the mesh by its name', () => {
    const facts = factsOf(certificateStories['RSA in another trust domain']);
    expect(certificateStatusOf(facts, toldAt)).toMatchObject({
      mesh: 'blue',
      roots: [{ trustDomain: 'blue.example.com', keys: 'RSA 3072' }],
    });
  });

  it('says why leaves are not known', () => {
    const facts = factsOf(certificateStories['at rest on the built-in authority']);
    const leaves = { kind: 'not-readable', why: 'not allowed' } as const;
    const status = certificateStatusOf({ ...facts, leaves }, toldAt);
    expect(status).toMatchObject({ state: 'healthy', leaves: { notReadable: 'not allowed' } });
  });
});
