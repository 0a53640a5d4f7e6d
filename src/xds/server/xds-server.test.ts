import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { originKey } from '../../policy/origin.ts';
import { makeResource, makeSet } from '../../../test/support/resources/resource-sets.ts';
import { cartTarget, set, XdsRig } from '../../../test/support/xds/served-sets.ts';
import { until } from '../../../test/support/time/until.ts';

describe('the xDS server', () => {
  let rig: XdsRig;

  beforeEach(async () => {
    rig = await XdsRig.start();
  });

  afterEach(() => rig.stop());

  it('serves what was published to a proxy that asks, and counts its acknowledgements', async () => {
    rig.server.publish(() => set);
    await rig.syncEverything(rig.connect());
    expect(rig.server.evidence()).toMatchObject({ connected: 1, synced: 1, rejected: 0 });
    expect(rig.server.evidence().objects.get(originKey(cartTarget))).toMatchObject({
      total: 1,
      acknowledged: 1,
    });
  });

  it('answers a proxy that came before anything was published', async () => {
    const client = rig.connect();
    client.send('cluster');
    await until(() => rig.server.evidence().connected === 1);
    rig.server.publish(() => set);
    expect((await client.next()).names).toEqual(['shop/cart|80']);
  });

  it.each([
    ['no token', null],
    ['an unknown token', 'nonsense'],
  ])('refuses a client with %s without saying why', async (_, token) => {
    rig.server.publish(() => set);
    const client = rig.connect(token);
    client.send('cluster');
    const ended = await client.ended();
    expect([ended.code, ended.details]).toEqual([status.UNAUTHENTICATED, 'not authenticated']);
  });

  it('keeps at most one response per type unanswered for a client that never acknowledges', async () => {
    rig.server.publish(() => set);
    const client = rig.connect();
    client.send('cluster');
    await client.next();
    for (let version = 2; version < 50; version += 1) {
      const next = makeSet(makeResource('cluster', 'shop/cart|80', { version: String(version) }));
      rig.server.publish(() => next);
    }
    const other = rig.connect('shop/other~shop/other');
    other.send('cluster');
    expect((await other.next()).message.resources[0]?.version).toBe('49');
    expect(client.unread).toHaveLength(0);
  });

  it('forgets a proxy that leaves', async () => {
    const client = rig.connect();
    client.send('cluster');
    await until(() => rig.server.evidence().streams.has('uid-shop/cart-1'));
    client.close();
    await until(() => rig.server.evidence().connected === 0);
    expect(rig.server.evidence().streams.size).toBe(0);
  });
});
