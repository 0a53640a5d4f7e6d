import { describe, expect, it } from '@jest/globals';
import { makeMeshConfig } from '../../test/build/make-mesh-config.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { noNews, type World } from './conditions.ts';
import { isCurrent, statusOf, tidingsOf } from './status.ts';

const now = Date.parse('2026-01-02T00:00:00Z');
const well: World = {
  refusal: undefined,
  problems: [],
  rejection: undefined,
  deleting: false,
  rollout: { wanted: 2, available: 2, settled: true, stuck: undefined },
  bundle: { kind: 'valid', pem: 'PEM', notAfter: Date.parse('2027-01-01T00:00:00Z') },
  roots: noNews,
  proxies: { connected: 3, synced: 3, rejected: 0 },
  webhooks: true,
  now,
  behindSince: undefined,
};
const certificate = { summary: 'builtIn', provider: 'builtIn', root: 'weft-root-1' };
const parts = { version: '1.2.3', certificate };
const starting: World = {
  ...well,
  rollout: undefined,
  bundle: { kind: 'absent' },
  webhooks: false,
};

function after(world: World): MeshConfig {
  const fresh = makeMeshConfig({ generation: 4 });
  return { ...fresh, status: statusOf(fresh, world, parts) };
}

describe('statusOf', () => {
  it('tells versions, counts and who signs', () => {
    expect(after(well).status).toMatchObject({
      observedGeneration: 4,
      version: '1.2.3',
      proxies: { connected: 3, synced: 3, rejected: 0, summary: '3/3' },
      certificate,
      components: [{ name: 'weft-control-plane', version: '1.2.3', available: '2/2' }],
    });
  });

  it('claims no counts while nobody is there to report them', () => {
    expect(after({ ...well, rollout: undefined }).status).not.toHaveProperty('proxies');
  });

  it('says of a refused MeshConfig only that it is', () => {
    const refusal = { kind: 'another-rules', ruler: 'weft-system/old' } as const;
    expect(Object.keys(after({ ...well, refusal }).status ?? {})).toEqual([
      'observedGeneration',
      'conditions',
    ]);
  });
});

describe('isCurrent', () => {
  it('does not mind the order of conditions, nor the passing of time', () => {
    const meshConfig = after(well);
    const conditions = meshConfig.status?.conditions?.toReversed() ?? [];
    const reversed = { ...meshConfig, status: { ...meshConfig.status, conditions } };
    const later = statusOf(reversed, { ...well, now: now + 60_000 }, parts);
    expect(isCurrent(reversed, later)).toBe(true);
  });

  it.each<readonly [string, Partial<World>]>([
    ['a count', { proxies: { connected: 4, synced: 4, rejected: 0 } }],
    ['a condition', { webhooks: false }],
  ])('notices %s', (_, change) => {
    const meshConfig = after(well);
    expect(isCurrent(meshConfig, statusOf(meshConfig, { ...well, ...change }, parts))).toBe(false);
  });
});

describe('tidingsOf', () => {
  function told(before: World | undefined, world: World): string[] {
    const meshConfig = before === undefined ? makeMeshConfig() : after(before);
    const tidings = tidingsOf(meshConfig, statusOf(meshConfig, world, parts));
    return tidings.map(({ type, reason }) => `${type} ${reason}`);
  }
  const rejection = 'no';
  const ending = (reason: 'RootEndsSoon' | 'RootRenewsSoon'): World => ({
    ...well,
    roots: { ...noNews, ending: { reason, message: 'when' } },
  });

  it.each<readonly [string, World | undefined, World, readonly string[]]>([
    ['the start', undefined, starting, []],
    ['getting ready', starting, well, ['Normal Ready']],
    ['staying ready', well, { ...well, now: now + 1 }, []],
    ['losing the control plane', well, starting, ['Warning ControlPlaneMissing']],
    ['getting stuck', starting, { ...starting, rejection }, ['Warning Rejected']],
    ['a root that is soon replaced', well, ending('RootRenewsSoon'), ['Normal RootRenewsSoon']],
    ['a root that nobody replaces', well, ending('RootEndsSoon'), ['Warning RootEndsSoon']],
    ['the same again', ending('RootEndsSoon'), ending('RootEndsSoon'), []],
    ['the end', well, { ...well, deleting: true }, []],
  ])('%s', (...[, before, world, expected]) => {
    expect(told(before, world)).toEqual(expected);
  });
});
