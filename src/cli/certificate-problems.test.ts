import { describe, expect, it } from '@jest/globals';
import { certificateStories, toldAt } from '../../test/support/stories/certificate-stories.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { CertificateFacts } from './certificate-facts.ts';
import { problemsOf } from './certificate-problems.ts';

const second = 1000;
const minute = 60 * second;
const day = 24 * 60 * minute;

/** The problems of a story, told `later` than it happened. */
function problems(change: Partial<CertificateFacts>, later = 0): readonly string[] {
  const { meshConfig, roots } = certificateStories['in TrustBoth'];
  const facts = {
    meshConfig,
    roots,
    others: [],
    leaves: { kind: 'not-reported' },
    heartbeat: { kind: 'not-reported' },
    ...change,
  } as const;
  return problemsOf(facts, toldAt + later).map(({ severity, code }) => `${severity} ${code}`);
}

type Rotation = NonNullable<NonNullable<MeshConfig['spec']['certificate']>['rotation']>;

function patient(meshConfig: MeshConfig, rotation: Rotation): MeshConfig {
  return { ...meshConfig, spec: { certificate: { rotation } } };
}

// A phase that began 2 min 14 s before `toldAt`.
const began = 2 * minute + 14 * second;
const trustBoth = certificateStories['in TrustBoth'].meshConfig;
const signNew = certificateStories['in SignNew'].meshConfig;

describe('a switch is held', () => {
  const held = ['held switch-held'];
  const table: readonly (readonly [string, MeshConfig, number, readonly string[]])[] = [
    ['not at the ten minutes of the default', trustBoth, 10 * minute - began, []],
    ['after them', trustBoth, 10 * minute - began + 1, held],
    ['after setAsideAfter', patient(trustBoth, { setAsideAfter: '2m' }), 0, held],
    ['not while setAsideAfter lasts', patient(trustBoth, { setAsideAfter: '1h' }), 57 * minute, []],
    [
      'by the default when setAsideAfter is none',
      patient(trustBoth, { setAsideAfter: '?' }),
      0,
      [],
    ],
    [
      'not while pods learn roots in SignNew',
      patient(signNew, { setAsideAfter: '1m', bundlePropagation: '5m' }),
      0,
      [],
    ],
    [
      'after that in SignNew',
      patient(signNew, { setAsideAfter: '1m', bundlePropagation: '5m' }),
      3 * minute,
      held,
    ],
    [
      'regardless of bundlePropagation in TrustBoth',
      patient(trustBoth, { setAsideAfter: '1m', bundlePropagation: '5m' }),
      0,
      held,
    ],
  ];
  it.each(table)('%s', (...[, meshConfig, later, expected]) => {
    expect(problems({ meshConfig }, later)).toEqual(expected);
  });

  it('with names, numbers and what to do', () => {
    const { meshConfig, roots } = certificateStories['held by pods that do not answer'];
    const unknown = {
      leaves: { kind: 'not-reported' },
      heartbeat: { kind: 'not-reported' },
    } as const;
    const facts = { meshConfig, roots, others: [], ...unknown };
    const [problem] = problemsOf(facts, toldAt);
    expect(problem?.message).toBe(
      'TrustBoth has lasted since 2026-11-24T11:35:00Z, longer than setAsideAfter (10m); ' +
        'it waits for shop/cart-7d9f8c6b5-x2x1p, shop/till-0 and 3 more.',
    );
    expect(problem?.remedy).toContain('kubectl describe pod -n shop cart-7d9f8c6b5-x2x1p');
    expect(problem?.remedy).toContain('spec.certificate.rotation.setAside');
  });
});

describe('a root', () => {
  const rest = certificateStories['at rest on the built-in authority'];
  const { meshConfig } = rest;
  const end = Date.parse('2036-11-21T08:00:00Z') - toldAt;

  it.each([
    ['is well before renewBefore', meshConfig, end - 30 * day, []],
    ['is warned of within renewBefore', meshConfig, end - 30 * day + 1, ['warning root-ending']],
    [
      'is warned of within the renewBefore that is set',
      patient(meshConfig, { renewBefore: '24h' }),
      end - 30 * day + 1,
      [],
    ],
    ['has ended', meshConfig, end, ['failing root-ended']],
  ])('%s', (...[, config, later, expected]) => {
    expect(problems({ meshConfig: config, roots: rest.roots }, later)).toEqual(expected);
  });

  it('is not warned of while the mesh is on its way to another', () => {
    const near = end - day;
    expect(problems({ meshConfig: trustBoth }, near)).not.toContain('warning root-ending');
  });

  it('that was refused holds up only the roots that need it', () => {
    const { roots } = certificateStories['a new root that cannot sign'];
    const [, refused] = roots;
    const unwanted = { ...refused, spec: { ...refused.spec, role: 'passive' } } as const;
    expect(problems({ meshConfig, roots: [refused] })).toEqual(['held root-refused']);
    expect(problems({ meshConfig, roots: [unwanted] })).toEqual(['warning root-refused']);
  });

  it('that cannot sign holds up a switch to it, fails the mesh if it signs, and is no problem otherwise', () => {
    const { meshConfig: moving, roots } =
      certificateStories['a new root whose issuer does not answer'];
    const [, unable] = roots;
    const signer = { ...unable, status: { ...unable.status, state: 'issuing' } } as const;
    expect(problems({ meshConfig: moving, roots: [unable] })).toEqual(['held root-cannot-sign']);
    expect(problems({ meshConfig, roots: [signer] })).toEqual(['failing root-cannot-sign']);
    expect(problems({ meshConfig, roots: [unable] })).toEqual([]);
  });

  it('that is still trusted and ended is worth a word', () => {
    const [signer, trusted] = certificateStories['in TrustBoth'].roots;
    const old = { ...trusted, status: { ...trusted.status, notAfter: '2026-11-01T00:00:00Z' } };
    expect(problems({ meshConfig, roots: [signer, old] })).toEqual(['warning root-ended']);
  });
});

describe('conditions', () => {
  const { meshConfig, roots } = certificateStories['being made'];
  const without = (type: string): MeshConfig => ({
    ...meshConfig,
    status: {
      ...meshConfig.status,
      conditions: (meshConfig.status?.conditions ?? []).filter((one) => one.type !== type),
    },
  });

  it('of a part that is being made say that its state is unknown yet', () => {
    expect(problems({ meshConfig, roots })).toEqual([
      'unknown certificates-not-ready',
      'warning reconciling',
    ]);
  });

  it('of a missing part that no controller creates say that the mesh fails', () => {
    expect(problems({ meshConfig: without('Reconciling'), roots })).toEqual([
      'failing certificates-not-ready',
    ]);
  });

  it('carry the reason and message of the object', () => {
    const facts = {
      meshConfig,
      roots,
      others: ['other'],
      leaves: { kind: 'not-reported' },
      heartbeat: { kind: 'not-reported' },
    } as const;
    expect(problemsOf(facts, toldAt).map(({ message }) => message)).toEqual([
      'WaitingForBundle: The control plane has not published its trust bundle yet.',
      'WaitingForBundle: Waiting for the trust bundle of the control plane.',
      'Only MeshConfig osm-mesh-config is active; these have no effect: other.',
    ]);
  });
});

describe('leaves', () => {
  it('that ended are the worst there is', () => {
    const health = { held: 4, waiting: 0, earliestExpiry: toldAt };
    expect(problems({ leaves: { kind: 'reported', health } })).toEqual(['failing leaf-ended']);
    const later = { ...health, earliestExpiry: toldAt + 1 };
    expect(problems({ leaves: { kind: 'reported', health: later } })).toEqual([]);
  });
});
