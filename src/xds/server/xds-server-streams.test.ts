import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { FakeClock } from '../../../test/support/time/fake-clock.ts';
import { farOff, set, XdsRig } from '../../../test/support/xds/served-sets.ts';
import { until } from '../../../test/support/time/until.ts';

describe('a stream of the xDS server', () => {
  let rig: XdsRig;

  beforeEach(async () => {
    rig = await XdsRig.start();
  });

  afterEach(() => rig.stop());

  it('ends only the stream that sends garbage', async () => {
    rig.server.publish(() => set);
    const good = rig.connect('shop/good~shop/good');
    const bad = rig.connect('shop/bad~shop/bad');
    bad.sendBytes(Buffer.from('ffffffff', 'hex'));
    expect((await bad.ended()).code).toBe(status.INVALID_ARGUMENT);
    good.send('cluster');
    expect((await good.next()).type).toBe('cluster');
  });

  it('ends the stream of a message that is too large', async () => {
    const client = rig.connect();
    client.sendBytes(Buffer.alloc(5 * 1024 * 1024));
    expect((await client.ended()).code).toBe(status.RESOURCE_EXHAUSTED);
  });

  it('closes the stream of a pod that is gone, and keeps one stream per pod', async () => {
    rig.server.publish(() => set);
    const first = rig.connect();
    first.send('cluster');
    await first.next();
    const second = rig.connect();
    second.send('cluster');
    expect((await first.ended()).code).toBe(status.UNAVAILABLE);
    await second.next();
    expect(rig.server.evidence().connected).toBe(1);
    rig.server.disconnect('uid-shop/cart-1');
    expect((await second.ended()).code).toBe(status.UNAUTHENTICATED);
    expect(rig.server.evidence().connected).toBe(0);
  });

  it('closes a stream whose token has expired, and a silent stream', async () => {
    const clock = new FakeClock(farOff - 60_000);
    await rig.restart({ clock });
    const silent = rig.connect('shop/silent~shop/silent');
    const client = rig.connect();
    client.send('cluster');
    await until(() => rig.server.evidence().connected === 2);
    await clock.advance(11_000);
    expect((await silent.ended()).code).toBe(status.DEADLINE_EXCEEDED);
    await clock.advance(60_000);
    expect(await client.ended()).toMatchObject({ code: status.UNAVAILABLE });
  });

  it('closes a stream that owes an answer for minutes, and no other', async () => {
    const clock = new FakeClock(farOff - 3_600_000);
    await rig.restart({ clock, limits: { answerMs: 20_000 } });
    rig.server.publish(() => set);
    const owing = rig.connect('shop/owing~shop/owing');
    const well = rig.connect('shop/well~shop/well');
    for (const client of [owing, well]) client.send('cluster');
    well.acknowledge(await well.next());
    await owing.next();
    // The sweep itself goes by the real time.
    const swept = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_200));
    await swept();
    await clock.advance(19_000);
    await swept();
    expect(rig.server.evidence().connected).toBe(2);
    await clock.advance(3_000);
    expect(await owing.ended()).toMatchObject({
      code: status.DEADLINE_EXCEEDED,
      details: expect.stringMatching(/neither acknowledged nor refused/),
    });
    expect(rig.server.evidence().connected).toBe(1);
  });
});
