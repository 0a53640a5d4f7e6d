import { describe, expect, it, jest } from '@jest/globals';
import type { KubernetesObject } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { endRoot, playReport } from '../../support/operator/played-report.ts';
import { arrive, edit, follow, getRoot, status } from '../../support/operator/played-switch.ts';
import {
  namespace,
  playControlPlane,
  operatorRigOfFile,
  untilCondition,
} from '../../support/operator/operator-on-api-server.ts';
import { until } from '../../support/time/until.ts';
import { letPass } from '../../support/time/let-pass.ts';

jest.setTimeout(120_000);

// renewBefore is 720h: longer than what is left of these roots.
const lifeMs = 30_000;
const twentyDaysMs = 20 * 86_400_000;

const rig = operatorRigOfFile(async (started) => {
  endRoot('weft-root-1', Date.now() + lifeMs);
  await started.kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
  await playControlPlane(started);
});

interface Event extends KubernetesObject {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  /** Exists once the same Event was recorded again. */
  readonly series?: object;
}

async function eventsOf(reason: string): Promise<readonly Event[]> {
  const text = await rig().kubectl('get', 'events', '-n', namespace, '-o', 'json');
  const { items } = JSON.parse(text) as { items: readonly Event[] };
  return items.filter((event) => event.reason === reason);
}

async function rootNames(): Promise<readonly string[]> {
  const all = await rig().admin.list(kinds.meshRootCertificate, { namespace }, rig().signal);
  return all.map(({ metadata }) => metadata.name);
}

describe('a root that Weft made and that nears its end', () => {
  it('is announced, with the time of the switch, before that begins', async () => {
    const { message } = await untilCondition(rig(), 'CertificatesReady=True/RootRenewsSoon');
    const { rootRenewsAt = '', rootNotAfter = '', rotation } = await status(rig());
    expect(rotation).toBeUndefined();
    expect(message).toContain(`The root of weft-root-1 ends ${rootNotAfter}`);
    expect(message).toContain(`Weft replaces it from ${rootRenewsAt} on`);
    expect(Date.parse(rootRenewsAt)).toBeGreaterThan(Date.now());
    expect(Date.parse(rootRenewsAt)).toBeLessThan(Date.parse(rootNotAfter));
    await untilCondition(rig(), 'Ready=True/Ready');
    await until(async () => (await eventsOf('RootRenewsSoon')).length > 0);
    expect(await rootNames()).toEqual(['weft-root-1']);
  });

  it('is replaced at that time by a new one, through all phases, with no word from anybody', async () => {
    const { rootRenewsAt = '' } = await status(rig());
    const phases = await follow(rig(), (phase) => phase === 'DropOld');
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(rootRenewsAt));
    expect(phases).toEqual(['Preflight', 'TrustBoth', 'SignNew', 'Settle', 'DropOld']);
    expect(await arrive(rig(), 'builtIn')).toBe('weft-root-2');
    expect((await status(rig())).plan).toMatchObject({
      signer: 'weft-root-2',
      serverSigner: 'weft-root-2',
      trusted: ['weft-root-2'],
    });
    const secretRef = { name: 'weft-ca-2', namespace };
    expect((await getRoot(rig(), 'weft-root-2'))?.spec.provider).toEqual({
      tresor: { ca: { secretRef } },
    });
    await until(async () => (await getRoot(rig(), 'weft-root-1'))?.status?.state === 'unused');
  });

  it('was reported by one Event, and the new root is not', async () => {
    await untilCondition(rig(), 'CertificatesReady=True/BundlePublished');
    const [event, ...others] = await eventsOf('RootRenewsSoon');
    expect(others).toEqual([]);
    expect(event?.series).toBeUndefined();
    expect(event).toMatchObject({
      type: 'Normal',
      message: expect.stringContaining('weft-root-1'),
    });
    expect(Date.parse((await status(rig())).rootRenewsAt ?? '')).toBeGreaterThan(
      Date.now() + twentyDaysMs,
    );
  });
});

describe('the root of an issuer outside that nears its end', () => {
  it('is warned of by a condition and one event, and nothing is switched', async () => {
    endRoot('weft-root-3', Date.now() + twentyDaysMs);
    const provider = { kind: 'certManager', certManager: { issuerRef: { name: 'mesh-ca' } } };
    await edit(rig(), { provider });
    expect(await arrive(rig(), 'certManager')).toBe('weft-root-3');
    const { message } = await untilCondition(rig(), 'CertificatesReady=True/RootEndsSoon');
    const { plan, rootNotAfter = '' } = await status(rig());
    expect(message).toContain(
      `The root of weft-root-3 ends ${rootNotAfter}; renew it at its issuer`,
    );
    await until(async () => (await eventsOf('RootEndsSoon')).length > 0);
    await rig().stopOperator();
    rig().startOperator();
    for (let held = 4; held < 9; held++) {
      await playReport(rig(), { health: { held, waiting: 0 } });
      await letPass(300, 'the operator reads the report');
    }
    const [event, ...others] = await eventsOf('RootEndsSoon');
    expect(others).toEqual([]);
    expect(event?.series).toBeUndefined();
    expect(event).toMatchObject({ type: 'Warning', message });
    const now = await status(rig());
    expect(now).toMatchObject({ plan, summary: 'certManager' });
    expect([now.rotation, now.rootRenewsAt]).toEqual([undefined, undefined]);
    expect((await rootNames()).toSorted()).toEqual(['weft-root-1', 'weft-root-2', 'weft-root-3']);
    await untilCondition(rig(), 'Ready=True/Ready');
  });
});
