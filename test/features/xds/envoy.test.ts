import { readFile } from 'node:fs/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../../src/common/clock.ts';
import { WeftError } from '../../../src/common/errors.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import type { IdentityKey } from '../../../src/policy/identity.ts';
import { originKey } from '../../../src/policy/origin.ts';
import type { Resource } from '../../../src/xds/resources/resource.ts';
import { noMetrics } from '../../../src/xds/server/metrics.ts';
import { type XdsServer, createXdsServer } from '../../../src/xds/server/xds-server.ts';
import { freePort } from '../../../tools/base/probe.ts';
import { makeOrigin, makeSet } from '../../fakes/resource-sets.ts';
import {
  ReplaceableCredentials,
  type TestAuthority,
  makeAuthority,
} from '../../fakes/test-authority.ts';
import { EnvoyProcess, eventually } from './envoy-process.ts';
import { clusterOf, endpointsOf, listenerOf, routeOf, trustOf } from './small-mesh.ts';

jest.setTimeout(60_000);

const serverName = 'weft-controller.weft-system.svc';
const hourMs = 3_600_000;

interface Running {
  readonly server: XdsServer;
  readonly port: number;
  /** Responses sent so far, by type, in order. */
  readonly sent: string[];
  readonly stop: () => Promise<void>;
}

describe('a real Envoy', () => {
  let authority: TestAuthority;
  let credentials: ReplaceableCredentials;
  let tokens: Map<string, number>;
  let running: Running;
  let envoy: EnvoyProcess;
  let listenerPort: number;

  beforeAll(async () => {
    authority = await makeAuthority();
  });

  beforeEach(async () => {
    credentials = new ReplaceableCredentials(await authority.issue(serverName));
    tokens = new Map([['first', Date.now() + hourMs]]);
    running = await start(0);
    listenerPort = await freePort();
    envoy = await EnvoyProcess.start({
      port: running.port,
      serverName,
      ca: authority.ca,
      token: 'first',
    });
  });

  afterEach(async () => {
    await envoy.stop();
    await running.stop();
  });

  async function start(onPort: number): Promise<Running> {
    const stopping = new AbortController();
    const sent: string[] = [];
    const server = createXdsServer({
      authenticate: (token) => {
        const expires = tokens.get(token);
        if (expires === undefined || expires < Date.now())
          return Promise.reject(new WeftError('not-authenticated', 'no such token'));
        const account = 'shop/cart' as IdentityKey;
        return Promise.resolve({ pod: 'shop/cart-1', uid: 'uid-1', account, expires });
      },
      credentials,
      replicas: 'weft-system/weft-controller' as IdentityKey,
      clock: systemClock,
      logger: silentLogger,
      metrics: { ...noMetrics, response: (type) => sent.push(type) },
      limits: { tokenGraceMs: 500 },
    });
    const { port, closed } = await server.listen(`127.0.0.1:${onPort}`, stopping.signal);
    return {
      server,
      port,
      sent,
      stop: () => {
        stopping.abort();
        return closed;
      },
    };
  }

  function publish(...resources: readonly Resource[]): void {
    const set = makeSet(...resources);
    running.server.publish(() => set);
  }

  const synced = (): boolean => running.server.evidence().synced === 1;

  async function answer(): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${listenerPort}/`);
    return response.text();
  }

  const serving = (body: string) => async (): Promise<boolean> => (await answer()) === body;

  /** One listener that answers "hello", and a cluster with everything that a mesh's cluster has. */
  function hello(): Resource[] {
    return [
      clusterOf('shop/cart|80', { trust: 'ca:trust' }),
      endpointsOf('shop/cart|80', 1),
      trustOf('ca:trust', authority.ca),
      listenerOf('outbound/shop/cart/80', {
        port: listenerPort,
        route: 'shop/cart/80',
        origins: [makeOrigin('cart')],
      }),
      routeOf('shop/cart/80', { body: 'hello' }, [makeOrigin('cart')]),
    ];
  }

  it('connects with its token, gets every type, and its acknowledgements are evidence', async () => {
    publish(...hello());
    await eventually(envoy, serving('hello'));
    await eventually(envoy, synced);
    expect(running.sent).toEqual(['cluster', 'endpoint', 'secret', 'listener', 'route']);
    expect(running.server.evidence().objects.get(originKey(makeOrigin('cart')))).toMatchObject({
      total: 1,
      acknowledged: 1,
    });
  });

  it('has the kernel ask whether its host is there, which costs the control plane nothing', async () => {
    publish(...hello());
    await eventually(envoy, synced);
    expect(await timersOf(running.port)).toContain(keepaliveTimer);
  });

  it('shows a changed route, and takes nothing else for it', async () => {
    publish(...hello());
    await eventually(envoy, synced);
    running.sent.length = 0;
    publish(...hello().with(4, routeOf('shop/cart/80', { body: 'goodbye' })));
    expect(await eventually(envoy, serving('goodbye'))).toBeLessThan(1_000);
    expect(running.sent).toEqual(['route']);
  });

  it('waits not a moment for the endpoints of a cluster that changed', async () => {
    publish(...hello());
    await eventually(envoy, synced);
    publish(
      ...hello().with(
        0,
        clusterOf('shop/cart|80', { trust: 'ca:trust', connectTimeoutSeconds: 2 }),
      ),
    );
    expect(synced()).toBe(false);
    // Without the endpoints sent again Envoy warms for 15 s, and acknowledges only then.
    expect(await eventually(envoy, synced)).toBeLessThan(1_000);
  });

  it('is ready at once although endpoints and a secret do not exist', async () => {
    publish(
      ...hello(),
      clusterOf('shop/none|80'),
      clusterOf('shop/untrusted|80', { trust: 'ca:none' }),
    );
    expect(await eventually(envoy, serving('hello'))).toBeLessThan(5_000);
  });

  it('refuses a bad listener in words that reach the evidence, and takes the good one', async () => {
    publish(...hello());
    await eventually(envoy, synced);
    const badPort = await freePort();
    const bad = makeOrigin('bad');
    publish(
      ...hello().with(4, routeOf('shop/cart/80', { body: 'new' })),
      listenerOf('outbound/shop/bad/80', {
        port: badPort,
        route: 'shop/bad/80',
        origins: [bad],
        broken: true,
      }),
      listenerOf('outbound/shop/good/80', { port: badPort, route: 'shop/cart/80' }),
    );
    const evidenceOfBad = () => running.server.evidence().objects.get(originKey(bad));
    const took = await eventually(envoy, () => evidenceOfBad()?.rejected === 1);
    expect(took).toBeLessThan(2_000);
    expect(evidenceOfBad()).toMatchObject({ total: 1, acknowledged: 0 });
    expect(evidenceOfBad()?.rejections[0]).toMatchObject({
      pod: 'shop/cart-1',
      resource: 'outbound/shop/bad/80',
      message: expect.stringContaining('no.such'),
    });
    await eventually(envoy, serving('new'));
    await eventually(envoy, async () =>
      (await envoy.admin('/listeners')).includes('outbound/shop/good/80'),
    );
    publish(...hello());
    await eventually(envoy, synced);
  });

  it('refuses a whole response for one cluster, and gets all the others', async () => {
    publish(...hello());
    await eventually(envoy, synced);
    const names = ['a', 'b', 'c', 'd', 'e'].map((name) => `shop/${name}|80`);
    publish(
      ...hello(),
      ...names.map((name) =>
        clusterOf(name, { connectTimeoutSeconds: name === 'shop/c|80' ? -1 : 1 }),
      ),
      ...names.map((name) => endpointsOf(name, 1)),
    );
    await eventually(envoy, () => running.server.evidence().rejected === 1);
    await eventually(envoy, async () => {
      const clusters = await envoy.admin('/clusters');
      return names.every((name) => clusters.includes(`${name}::`) === (name !== 'shop/c|80'));
    });
  });

  it('is sent nothing by a restarted server but what changed', async () => {
    publish(...hello());
    await eventually(envoy, synced);
    await running.stop();
    expect(await answer()).toBe('hello');
    running = await start(running.port);
    publish(...hello());
    await eventually(envoy, synced);
    expect(running.sent).toEqual([]);
    await running.stop();
    running = await start(running.port);
    publish(...hello().with(4, routeOf('shop/cart/80', { body: 'changed' })));
    await eventually(envoy, serving('changed'));
    expect(running.sent).toEqual(['route']);
  });

  it('comes back with a fresh token when its token has ended', async () => {
    await running.stop();
    tokens = new Map([
      ['first', Date.now() + 4_000],
      ['second', Date.now() + hourMs],
    ]);
    running = await start(running.port);
    publish(...hello());
    await eventually(envoy, synced);
    // It may be back within a millisecond, so its leaving is listened for, not looked for.
    let left = false;
    running.server.onDisconnect(() => (left = true));
    await envoy.replaceToken('second');
    tokens.delete('first');
    await eventually(envoy, () => left);
    await eventually(envoy, synced);
    expect(await answer()).toBe('hello');
  });

  it('goes over to a server certificate of a new root, trusting both in between', async () => {
    publish(...hello());
    await eventually(envoy, synced);
    const next = await makeAuthority('next root');
    await envoy.replaceCa(`${authority.ca}\n${next.ca}`);
    credentials.replace(await next.issue(serverName));
    running.server.disconnect('uid-1');
    await eventually(envoy, synced);
    await envoy.replaceCa(next.ca);
    running.server.disconnect('uid-1');
    await eventually(envoy, synced);
  });

  it('loses a cluster only after the route to it, and asks for its endpoints when it is back', async () => {
    const toOld = hello().with(4, routeOf('shop/cart/80', { cluster: 'shop/cart|80' }));
    publish(...toOld);
    await eventually(envoy, synced);
    const without = [
      clusterOf('shop/next|80'),
      endpointsOf('shop/next|80', 1),
      ...hello()
        .slice(2)
        .with(2, routeOf('shop/cart/80', { cluster: 'shop/next|80' })),
    ];
    publish(...without);
    await eventually(envoy, async () => !(await envoy.admin('/clusters')).includes('shop/cart|80'));
    await eventually(envoy, synced);
    publish(...toOld);
    expect(await eventually(envoy, synced)).toBeLessThan(2_000);
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
