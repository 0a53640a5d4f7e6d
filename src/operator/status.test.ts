import { describe, expect, it } from '@jest/globals';
import { now, well as allWell } from '../../test/support/builders/judged-mesh.ts';
import { makeMeshConfig } from '../../test/support/builders/make-mesh-config.ts';
import { makeFinding, makeReport } from '../../test/support/builders/make-report.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { StatusInputs } from './condition-words.ts';
import { noRotation } from './conditions.ts';
import { isCurrent, statusOf, untilHeartbeat } from './status.ts';
import { eventsFor } from './status-events.ts';

const well: StatusInputs = {
  ...allWell,
  bundle: { kind: 'valid', pem: 'PEM', notAfter: Date.parse('2027-01-01T00:00:00Z') },
};
const certificate = { summary: 'builtIn', provider: 'builtIn', root: 'weft-root-1' };
const parts = { version: '1.2.3', certificate };
const starting: StatusInputs = {
  ...well,
  rollout: undefined,
  bundle: { kind: 'absent' },
  webhooks: false,
};

function after(inputs: StatusInputs): MeshConfig {
  const fresh = makeMeshConfig({ generation: 4 });
  return { ...fresh, status: statusOf(fresh, inputs, parts) };
}

describe('statusOf', () => {
  it('shows versions, counts and the signer', () => {
    expect(after(well).status).toMatchObject({
      observedGeneration: 4,
      version: '1.2.3',
      proxies: { connected: 3, synced: 3, rejected: 0, summary: '3/3' },
      certificate,
      components: [{ name: 'weft-control-plane', version: '1.2.3', available: '2/2' }],
    });
  });

  it('claims no counts while the leader does not report', () => {
    expect(after({ ...well, rollout: undefined }).status).not.toHaveProperty('proxies');
  });

  it('says of a refused MeshConfig only that it is', () => {
    const refusal = { kind: 'another-is-active', active: 'weft-system/old' } as const;
    expect(Object.keys(after({ ...well, refusal }).status ?? {})).toEqual([
      'observedGeneration',
      'conditions',
    ]);
  });
});

describe('the traffic in force', () => {
  const traffic = { enablePermissiveTrafficPolicyMode: false };
  const strict = makeMeshConfig({ spec: { traffic } });
  const inForce = { permissive: false, egress: true };
  const readStatus = (meshConfig: MeshConfig, inputs: Partial<StatusInputs>): object | undefined =>
    statusOf(meshConfig, { ...well, ...inputs }, parts).traffic;
  const edited = { ...makeMeshConfig({ spec: {} }), status: { traffic: inForce } };
  const problems = [{ kind: 'invalid', field: 'spec.a', message: 'b' }] as const;

  it('is what the spec says, also when the API server refuses an object', () => {
    expect(readStatus(strict, {})).toEqual(inForce);
    expect(readStatus(edited, { rejection: 'no' })).toEqual({ permissive: true, egress: true });
  });

  it('stays what it was while a spec cannot be put into force, and to the end', () => {
    expect(readStatus(edited, { problems })).toEqual(inForce);
    expect(readStatus(edited, { deleting: true })).toEqual(inForce);
    expect(readStatus(makeMeshConfig(), { problems })).toBeUndefined();
  });
});

describe('isCurrent', () => {
  it('does not mind the order of conditions, nor the passing of time', () => {
    const meshConfig = after(well);
    const conditions = meshConfig.status?.conditions?.toReversed() ?? [];
    const reversed = { ...meshConfig, status: { ...meshConfig.status, conditions } };
    const later = statusOf(reversed, { ...well, now: now + 59_999 }, parts);
    expect(isCurrent(reversed, later)).toBe(true);
  });

  it.each<readonly [string, Partial<StatusInputs>]>([
    ['a count', { proxies: makeReport({ connected: 4 }) }],
    ['a condition', { webhooks: false }],
  ])('notices %s', (_, change) => {
    const meshConfig = after(well);
    expect(isCurrent(meshConfig, statusOf(meshConfig, { ...well, ...change }, parts))).toBe(false);
  });
});

describe('case H: the heartbeat', () => {
  it('is written once a minute, and nothing else with it', () => {
    const meshConfig = after(well);
    const later = statusOf(meshConfig, { ...well, now: now + 60_000 }, parts);
    expect(isCurrent(meshConfig, later)).toBe(false);
    expect(later).toEqual({ ...meshConfig.status, lastCheckedTime: '2026-01-02T00:01:00Z' });
    expect(untilHeartbeat(meshConfig, now + 20_000)).toBe(40_000);
  });

  it('goes on when the clock was set back', () => {
    const meshConfig = after(well);
    const earlier = statusOf(meshConfig, { ...well, now: now - 5_000 }, parts);
    expect(earlier.lastCheckedTime).toBe('2026-01-01T23:59:55Z');
  });
});

describe('case H: the counts', () => {
  it('show pods in sync out of the pods that should have a sidecar', () => {
    const proxies = makeReport({
      connected: 4,
      synced: 3,
      expected: 7,
      findings: [makeFinding('sidecar-stuck', 2), makeFinding('without-sidecar')],
    });
    expect(after({ ...well, proxies }).status?.proxies).toMatchObject({
      summary: '3/7',
      stuck: 2,
      withoutSidecar: 1,
      crashing: 0,
    });
  });
});

describe('tidingsOf', () => {
  function readStatus(before: StatusInputs | undefined, inputs: StatusInputs): string[] {
    const meshConfig = before === undefined ? makeMeshConfig() : after(before);
    const tidings = eventsFor(meshConfig, statusOf(meshConfig, inputs, parts));
    return tidings.map(({ type, reason }) => `${type} ${reason}`);
  }
  const rejection = 'no';
  const ending = (reason: 'RootEndsSoon' | 'RootRenewsSoon'): StatusInputs => ({
    ...well,
    rotation: { ...noRotation, ending: { reason, message: 'when' } },
  });

  it('shows a phase without counts that are older than the end of the phase before', () => {
    const rotation = { from: 'one', to: 'two', acknowledged: 1, total: 11 };
    const [before, now] = (['TrustBoth', 'SignNew'] as const).map((phase) => ({
      ...makeMeshConfig(),
      status: { certificate: { rotation: { ...rotation, phase } } },
    }));
    const [tiding] = eventsFor(before as MeshConfig, now?.status ?? {});
    expect(tiding).toEqual({
      type: 'Normal',
      reason: 'CertificateRotationSignNew',
      note: 'SignNew from one to two, after TrustBoth.',
    });
  });

  it.each<readonly [string, StatusInputs | undefined, StatusInputs, readonly string[]]>([
    ['the start', undefined, starting, []],
    ['getting ready', starting, well, ['Normal Ready']],
    ['staying ready', well, { ...well, now: now + 1 }, []],
    ['losing the control plane', well, starting, ['Warning ControlPlaneMissing']],
    ['getting stuck', starting, { ...starting, rejection }, ['Warning Rejected']],
    ['a root that is soon replaced', well, ending('RootRenewsSoon'), ['Normal RootRenewsSoon']],
    ['a root without a successor', well, ending('RootEndsSoon'), ['Warning RootEndsSoon']],
    ['the same again', ending('RootEndsSoon'), ending('RootEndsSoon'), []],
    ['the end', well, { ...well, deleting: true }, []],
  ])('%s', (...[, before, inputs, expected]) => {
    expect(readStatus(before, inputs)).toEqual(expected);
  });
});
