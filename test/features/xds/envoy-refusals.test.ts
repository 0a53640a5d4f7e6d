import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { originKey } from '../../../src/policy/origin.ts';
import { freePort } from '../../../tools/base/probe.ts';
import { makeOrigin } from '../../support/resources/resource-sets.ts';
import { makeAuthority } from '../../support/certificates/server-authority.ts';
import { EnvoyRig, serverName } from '../../support/envoy/envoys-on-xds.ts';
import { clusterOf, endpointsOf, listenerOf, routeOf } from '../../support/resources/small-mesh.ts';

jest.setTimeout(60_000);

describe('a real Envoy that refuses', () => {
  let rig: EnvoyRig;

  beforeEach(async () => {
    rig = await EnvoyRig.start();
  });

  afterEach(() => rig.stop());

  it('case H: is seen when it refuses the certificate, and why', async () => {
    expect(rig.running.refused).toEqual([]);
    const other = await makeAuthority('another root');
    rig.credentials.replace(await other.issue(serverName));
    const strict = await rig.another();
    try {
      await strict.until(() => rig.running.refused.length > 0);
      expect(rig.running.refused[0]).toEqual({ address: '127.0.0.1', alert: 'unknown ca' });
    } finally {
      await strict.stop();
    }
  });

  it('refuses a bad listener in words that reach the evidence, and takes the good one', async () => {
    rig.publish(...rig.hello());
    await rig.envoy.until(rig.synced);
    const badPort = await freePort();
    const bad = makeOrigin('bad');
    rig.publish(
      ...rig.hello().with(4, routeOf('shop/cart/80', { body: 'new' })),
      listenerOf('outbound/shop/bad/80', {
        port: badPort,
        route: 'shop/bad/80',
        origins: [bad],
        broken: true,
      }),
      listenerOf('outbound/shop/good/80', { port: badPort, route: 'shop/cart/80' }),
    );
    const evidenceOfBad = () => rig.running.server.evidence().objects.get(originKey(bad));
    const took = await rig.envoy.until(() => evidenceOfBad()?.rejected === 1);
    expect(took).toBeLessThan(2_000);
    expect(evidenceOfBad()).toMatchObject({ total: 1, acknowledged: 0 });
    expect(evidenceOfBad()?.rejections[0]).toMatchObject({
      pod: 'shop/cart-1',
      resource: 'outbound/shop/bad/80',
      message: expect.stringContaining('no.such'),
    });
    await rig.envoy.until(rig.serving('new'));
    await rig.envoy.until(async () =>
      (await rig.envoy.admin('/listeners')).includes('outbound/shop/good/80'),
    );
    rig.publish(...rig.hello());
    await rig.envoy.until(rig.synced);
  });

  it('refuses a whole response for one cluster, and gets all the others', async () => {
    rig.publish(...rig.hello());
    await rig.envoy.until(rig.synced);
    const names = ['a', 'b', 'c', 'd', 'e'].map((name) => `shop/${name}|80`);
    rig.publish(
      ...rig.hello(),
      ...names.map((name) =>
        clusterOf(name, { connectTimeoutSeconds: name === 'shop/c|80' ? -1 : 1 }),
      ),
      ...names.map((name) => endpointsOf(name, 1)),
    );
    await rig.envoy.until(() => rig.running.server.evidence().rejected === 1);
    await rig.envoy.until(async () => {
      const clusters = await rig.envoy.admin('/clusters');
      return names.every((name) => clusters.includes(`${name}::`) === (name !== 'shop/c|80'));
    });
  });
});
