import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { originKey } from '../../../src/policy/origin.ts';
import { makeOrigin } from '../../support/resources/resource-sets.ts';
import { EnvoyRig } from '../../support/envoy/envoys-on-xds.ts';
import { clusterOf, endpointsOf, routeOf } from '../../support/resources/small-mesh.ts';

jest.setTimeout(60_000);

describe('a real Envoy', () => {
  let rig: EnvoyRig;

  beforeEach(async () => {
    rig = await EnvoyRig.start();
  });

  afterEach(() => rig.stop());

  it('connects with its token, gets every type, and its acknowledgements are evidence', async () => {
    rig.publish(...rig.hello());
    await rig.envoy.until(rig.serving('hello'));
    await rig.envoy.until(rig.synced);
    expect(rig.running.sent).toEqual(['cluster', 'endpoint', 'secret', 'listener', 'route']);
    expect(rig.running.server.evidence().objects.get(originKey(makeOrigin('cart')))).toMatchObject({
      total: 1,
      acknowledged: 1,
    });
  });

  it('shows a changed route, and takes nothing else for it', async () => {
    rig.publish(...rig.hello());
    await rig.envoy.until(rig.synced);
    rig.running.sent.length = 0;
    rig.publish(...rig.hello().with(4, routeOf('shop/cart/80', { body: 'goodbye' })));
    expect(await rig.envoy.until(rig.serving('goodbye'))).toBeLessThan(1_000);
    expect(rig.running.sent).toEqual(['route']);
  });

  it('waits not a moment for the endpoints of a cluster that changed', async () => {
    rig.publish(...rig.hello());
    await rig.envoy.until(rig.synced);
    rig.publish(
      ...rig
        .hello()
        .with(0, clusterOf('shop/cart|80', { trust: 'ca:trust', connectTimeoutSeconds: 2 })),
    );
    expect(rig.synced()).toBe(false);
    // Without the endpoints sent again Envoy warms for 15 s, and acknowledges only then.
    expect(await rig.envoy.until(rig.synced)).toBeLessThan(1_000);
  });

  it('is ready at once although endpoints and a secret do not exist', async () => {
    rig.publish(
      ...rig.hello(),
      clusterOf('shop/none|80'),
      clusterOf('shop/untrusted|80', { trust: 'ca:none' }),
    );
    expect(await rig.envoy.until(rig.serving('hello'))).toBeLessThan(5_000);
  });

  it('loses a cluster only after the route to it, and asks for its endpoints when it is back', async () => {
    const toOld = rig.hello().with(4, routeOf('shop/cart/80', { cluster: 'shop/cart|80' }));
    rig.publish(...toOld);
    await rig.envoy.until(rig.synced);
    const without = [
      clusterOf('shop/next|80'),
      endpointsOf('shop/next|80', 1),
      ...rig
        .hello()
        .slice(2)
        .with(2, routeOf('shop/cart/80', { cluster: 'shop/next|80' })),
    ];
    rig.publish(...without);
    await rig.envoy.until(
      async () => !(await rig.envoy.admin('/clusters')).includes('shop/cart|80'),
    );
    await rig.envoy.until(rig.synced);
    rig.publish(...toOld);
    expect(await rig.envoy.until(rig.synced)).toBeLessThan(2_000);
  });
});
