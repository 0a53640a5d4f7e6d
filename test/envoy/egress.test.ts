import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  account,
  makeInbound,
  makeOutbound,
  makeReachable,
  makeService,
} from '../support/builders/make-view.ts';
import { makeSettings } from '../support/builders/make-settings.ts';
import { meshOfTests } from '../support/envoy/mesh-of-tests.ts';
import type { TestPod } from '../support/envoy/pod.ts';
import { until } from '../support/time/until.ts';

jest.setTimeout(60_000);

/** Without an answer; whether curl calls it an empty reply or a reset is a matter of timing. */
const closed = { status: 0, body: '' };

describe('destinations outside the mesh', () => {
  const mesh = meshOfTests();
  let inside: TestPod;
  let outside: TestPod;
  let guarded: TestPod;

  async function open(egress: boolean): Promise<void> {
    const settings = makeSettings({ egress, ipv6: true });
    await mesh().offer('inside', {
      inbound: makeInbound({ account: account('inside'), settings }),
      outbound: makeOutbound({
        account: account('inside'),
        services: [makeReachable(makeService('some', { addresses: ['10.96.0.50'] }))],
        neverPlaintext: [guarded.address, guarded.address6, '10.96.0.50'],
        settings,
      }),
    });
  }
  const at = (pod: TestPod): string => `http://${pod.address}:8080/`;
  const at6 = (pod: TestPod): string => `http://[${pod.address6}]:8080/`;

  beforeAll(async () => {
    inside = await mesh().pod('inside');
    outside = await mesh().pod('outside', { sidecar: false });
    guarded = await mesh().pod('guarded', { sidecar: false });
    await outside.serve('http', 8080, '::');
    await guarded.serve('http', 8080, '::');
    await open(true);
    await inside.ready();
  });

  it('are reached as they are when egress is open, by both families', async () => {
    expect((await inside.get(at(outside))).seen.name).toBe('outside');
    expect((await inside.get(at6(outside))).seen.name).toBe('outside');
  });

  it('never include an address of the mesh: its plaintext stays in', async () => {
    expect(await inside.get(at(guarded))).toMatchObject(closed);
    expect(await inside.get(at6(guarded))).toMatchObject(closed);
    expect((await inside.get('http://10.96.0.50:81/')).status).toBe(0);
    await until(() =>
      Promise.resolve(inside.log().includes('"upstream_cluster":"refused-outbound"')),
    );
  });

  it('are refused when egress is closed', async () => {
    await open(false);
    await until(async () => (await inside.get(at(outside))).status === 0);
    expect(await inside.get(at6(outside))).toMatchObject(closed);
  });
});
