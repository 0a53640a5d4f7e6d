import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { makeAuthority } from '../../support/certificates/server-authority.ts';
import { EnvoyRig, hourMs, serverName } from '../../support/envoy/envoys-on-xds.ts';
import { routeOf } from '../../support/resources/small-mesh.ts';

jest.setTimeout(60_000);

describe("a real Envoy's connection", () => {
  let rig: EnvoyRig;

  beforeEach(async () => {
    rig = await EnvoyRig.start();
  });

  afterEach(() => rig.stop());

  it('has the kernel ask whether its host is there, which costs the control plane nothing', async () => {
    rig.publish(...rig.hello());
    await rig.envoy.until(rig.synced);
    expect(await timersOf(rig.running.port)).toContain(keepaliveTimer);
  });

  it('is sent nothing by a restarted server but what changed', async () => {
    rig.publish(...rig.hello());
    await rig.envoy.until(rig.synced);
    await rig.running.stop();
    expect(await rig.answer()).toBe('hello');
    await rig.serveAgain();
    rig.publish(...rig.hello());
    await rig.envoy.until(rig.synced);
    expect(rig.running.sent).toEqual([]);
    await rig.running.stop();
    await rig.serveAgain();
    rig.publish(...rig.hello().with(4, routeOf('shop/cart/80', { body: 'changed' })));
    await rig.envoy.until(rig.serving('changed'));
    expect(rig.running.sent).toEqual(['route']);
  });

  it('comes back with a fresh token when its token has ended', async () => {
    await rig.running.stop();
    rig.tokens.set('first', Date.now() + 4_000).set('second', Date.now() + hourMs);
    await rig.serveAgain();
    rig.publish(...rig.hello());
    await rig.envoy.until(rig.synced);
    await rig.envoy.replaceToken('second');
    rig.tokens.delete('first');
    await rig.envoy.until(() => rig.running.ended.includes('token-expired'));
    await rig.envoy.until(rig.synced);
    expect(await rig.answer()).toBe('hello');
  });

  it('goes over to a server certificate of a new root, trusting both in between', async () => {
    rig.publish(...rig.hello());
    await rig.envoy.until(rig.synced);
    const next = await makeAuthority('next root');
    await rig.envoy.replaceCa(`${rig.authority.ca}\n${next.ca}`);
    rig.credentials.replace(await next.issue(serverName));
    rig.running.server.disconnect('uid-1');
    await rig.envoy.until(rig.synced);
    await rig.envoy.replaceCa(next.ca);
    rig.running.server.disconnect('uid-1');
    await rig.envoy.until(rig.synced);
  });
});

const keepaliveTimer = '02';

/** The kernel's timers of established connections to that port, as proc_net_tcp(5) numbers them. */
async function timersOf(port: number): Promise<readonly string[]> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').slice(1);
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return fields
    .filter(([, from = '', , state]) => from.endsWith(local) && state === '01')
    .map(([, , , , , timer = '']) => timer.split(':')[0] ?? '');
}
