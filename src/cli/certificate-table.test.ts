import { describe, expect, it } from '@jest/globals';
import {
  certificateStories,
  type CertificateStory,
  type StoryName,
  toldAt,
} from '../../test/support/stories/certificate-stories.ts';
import type { HeartbeatFact, LeavesFact } from './certificate-facts.ts';
import { certificateStatusOf } from './certificate-status.ts';
import { certificateTable } from './certificate-table.ts';

function tableOf(name: StoryName, now = toldAt): readonly string[] {
  const { meshConfig, roots, health, reportedAt }: CertificateStory = certificateStories[name];
  const leaves: LeavesFact =
    health === undefined ? { kind: 'not-reported' } : { kind: 'reported', health };
  const heartbeat: HeartbeatFact =
    reportedAt === undefined ? { kind: 'not-reported' } : { kind: 'reported', at: reportedAt };
  const facts = { meshConfig, roots, others: [], leaves, heartbeat };
  return certificateTable(certificateStatusOf(facts, now), now);
}

describe('the table', () => {
  it('of a mesh at rest', () => {
    expect(tableOf('at rest on the built-in authority')).toEqual([
      'Mesh       osm (MeshConfig weft-system/osm-mesh-config)',
      'State      healthy',
      'Provider   builtIn',
      'Root       weft-root-1, SHA-256 3f9a1cde0b77, ends 2036-11-21T08:00:00Z (in 9y 364d)',
      'Proxies    42 connected, 42 in sync',
      'Leaves     42 certificates of workloads; the first ends 2026-11-25T03:15:00Z (in 15h 15m) unless renewed',
      '',
      'ROOT          ROLE     STATE     PROVIDER   TRUST DOMAIN    KEYS    FINGERPRINT    ENDS',
      'weft-root-1   active   issuing   builtIn    cluster.local   ECDSA   3f9a1cde0b77   2036-11-21 (in 9y 364d)',
    ]);
  });

  it('case H: says how many proxies should be there where some are not', () => {
    const story = certificateStories['at rest on the built-in authority'];
    const proxies = { connected: 41, synced: 40, rejected: 1, expected: 44 };
    const status = { ...story.meshConfig.status, proxies };
    const facts = {
      meshConfig: { ...story.meshConfig, status },
      ...{ roots: story.roots, others: [], leaves: { kind: 'not-reported' } as const },
      heartbeat: { kind: 'not-reported' } as const,
    };
    expect(certificateTable(certificateStatusOf(facts, toldAt), toldAt)).toContain(
      'Proxies    41 of 44 connected, 40 in sync, 1 rejected a resource',
    );
  });

  it('of a switch that is held: the progress, the pods it waits for, and what to do', () => {
    expect(tableOf('held by pods that do not answer').slice(6)).toEqual([
      '',
      'Switch     weft-root-1 → weft-root-2',
      'Phase      TrustBoth, 2 of 5, since 2026-11-24T11:35:00Z (25m)',
      '           done  Preflight  Weft probes the new root; no proxy changes',
      '           now   TrustBoth  every proxy starts to trust the new root, and still trusts the old root',
      '                 SignNew    every proxy gets a certificate of the new root, and kubelets bring the roots to running pods',
      '                 Settle     the control plane moves to the new root, and certificates of the old root go out of use',
      '                 DropOld    every proxy stops trusting the old root',
      'Proxies    37 of 42 acknowledged',
      'Waits for  shop/cart-7d9f8c6b5-x2x1p',
      '           shop/till-0',
      '           and 3 more',
      'Message    37 of 42 proxies have acknowledged the roots. Restart those that wait.',
      '',
      'ROOT          ROLE      STATE        PROVIDER      TRUST DOMAIN    KEYS    FINGERPRINT    ENDS',
      'weft-root-1   passive   issuing      builtIn       cluster.local   ECDSA   3f9a1cde0b77   2036-11-21 (in 9y 364d)',
      'weft-root-2   active    validating   certManager   cluster.local   ECDSA   c40d77aac40d   2031-11-24 (in 5y)',
      '',
      expect.stringMatching(/^held {7}\[switch-held\] TrustBoth has lasted since /),
      expect.stringMatching(/^ {11}→ Find out why these pods do not answer/),
    ]);
  });

  it('of a mesh of which nothing is known yet', () => {
    expect(tableOf('no status yet')).toEqual([
      'Mesh       osm (MeshConfig weft-system/osm-mesh-config)',
      'State      not known yet; see below',
      'Provider   not known yet',
      'Root       not recorded yet',
      'Proxies    not reported',
      '',
      'unknown    [no-status] The operator has not reported on this MeshConfig yet.',
      expect.stringContaining('→ If this lasts for more than a minute'),
    ]);
  });

  // What must stand in the table of each of the other stories.
  const table: readonly (readonly [StoryName, ...string[]])[] = [
    [
      'in Preflight',
      'State      switching to weft-root-2 as expected',
      '           now   Preflight  Weft probes the new root; no proxy changes',
      'Proxies    this phase needs no acknowledgement',
      'weft-root-2   active    probing   certManager   cluster.local   ECDSA   -              -',
    ],
    ['in TrustBoth', 'Proxies    31 of 42 acknowledged', '           and 9 more'],
    [
      'in SignNew',
      'Provider   certManager',
      'Phase      SignNew, 3 of 5, since 2026-11-24T11:57:46Z (2m 14s)',
      'Waits for  shop/cart-7d9f8c6b5-x2x1p',
    ],
    ['in Settle', 'Phase      Settle, 4 of 5, since 2026-11-24T11:57:46Z (2m 14s)'],
    [
      'in DropOld',
      '           done  Settle     the control plane moves to the new root, and certificates of the old root go out of use',
      '           now   DropOld    every proxy stops trusting the old root',
    ],
    [
      'a new root that cannot sign',
      'State      held, needs action; see below',
      'held       [root-refused] weft-root-2 cannot be used. IssuerNotFound: ClusterIssuer mesh-ca is not there. Create it.',
    ],
    [
      'RSA in another trust domain',
      'Mesh       blue (MeshConfig weft-system/osm-mesh-config)',
      'weft-root-1   active   issuing   builtIn    blue.example.com   RSA 3072   0a1b2c3d0a1b   2036-11-21 (in 9y 364d)',
    ],
    [
      'roots of a user',
      'Root       corporate, SHA-256 beefbeefbeef, ends 2028-01-01T00:00:00Z (in 1y 37d)',
      'spare            inactive   unknown      builtIn    cluster.local   ECDSA   -              -',
    ],
    ['a root near its end, and an edit not taken up', 'State      healthy; see below'],
    [
      'no operator at work',
      'State      held, needs action; see below',
      'As of      2026-11-24T11:57:31Z (2m 29s ago)',
      '           → Find out why it does not run: kubectl get deployment -n weft-system weft-operator',
    ],
    [
      'neither operator nor control plane at work',
      'State      failing, needs action; see below',
      '           → See its pods and their log: kubectl get pods -n weft-system',
    ],
    [
      'an authority that stopped signing',
      'State      failing, needs action; see below',
      'failing    [leaves-failing] Weft has been unable to issue certificates of workloads since 2026-11-24T11:50:00Z: Vault at https://vault.example.com:8200 is sealed',
    ],
  ];
  for (const [name, ...lines] of table) {
    it(`of ${name}`, () => {
      expect(tableOf(name)).toEqual(expect.arrayContaining(lines));
    });
  }

  it('says of a root that it ended, and when', () => {
    const later = Date.parse('2036-11-23T09:00:00Z');
    const lines = tableOf('at rest on the built-in authority', later);
    expect(lines[3]).toBe(
      'Root       weft-root-1, SHA-256 3f9a1cde0b77, ended 2036-11-21T08:00:00Z (2d 1h ago)',
    );
  });
});
