import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { WeftError } from '../../common/errors.ts';
import { silentLogger } from '../../common/logger.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { originKey } from '../../policy/origin.ts';
import { systemClock } from '../../common/clock.ts';
import { FakeClock } from '../../../test/fakes/fake-clock.ts';
import { makeOrigin, makeResource, makeSet } from '../../../test/fakes/resource-sets.ts';
import {
  ReplaceableCredentials,
  type TestAuthority,
  makeAuthority,
} from '../../../test/fakes/test-authority.ts';
import { XdsClient } from '../../../test/fakes/xds-client.ts';
import { followEvidence } from './evidence-client.ts';
import type { Evidence } from './evidence.ts';
import { Secret } from '../../common/secret.ts';
import type { Proxy } from './proxy.ts';
import { channelOrigin } from './evidence.ts';
import { type XdsServer, createXdsServer } from './xds-server.ts';

const serverName = 'weft-controller.weft-system.svc';
const reader = 'weft-system/weft-controller' as IdentityKey;
const farOff = Date.now() + 3_600_000;

/** In these tests a token is `<pod> <account>`, and anything else is no token. */
function authenticate(token: string): Promise<Proxy> {
  const [pod, account] = token.split('~');
  if (pod === undefined || account === undefined)
    return Promise.reject(new WeftError('not-authenticated', 'no such token'));
  return Promise.resolve({
    pod,
    uid: `uid-${pod}`,
    account: account as IdentityKey,
    expires: farOff,
  });
}

const cartTarget = makeOrigin('cart');
const set = makeSet(
  makeResource('cluster', 'shop/cart|80', { origins: [cartTarget] }),
  makeResource('endpoint', 'shop/cart|80'),
  makeResource('listener', 'outbound/shop/cart/80', { origins: [cartTarget] }),
  makeResource('route', 'shop/cart/80'),
);

describe('the xDS server', () => {
  let authority: TestAuthority;
  let credentials: ReplaceableCredentials;
  let server: XdsServer;
  let address: string;
  let stop: () => Promise<void>;
  let clients: XdsClient[];

  beforeAll(async () => {
    authority = await makeAuthority();
  });

  beforeEach(async () => {
    clients = [];
    credentials = new ReplaceableCredentials(await authority.issue(serverName));
    await start({});
  });

  afterEach(async () => {
    for (const client of clients) client.close();
    await stop();
  });

  async function start(more: object): Promise<void> {
    const stopping = new AbortController();
    server = createXdsServer({
      authenticate,
      credentials,
      replicas: reader,
      clock: systemClock,
      logger: silentLogger,
      ...more,
    });
    const { port, closed } = await server.listen('127.0.0.1:0', stopping.signal);
    address = `127.0.0.1:${port}`;
    stop = () => {
      stopping.abort();
      return closed;
    };
  }

  function connect(token: string | null = 'shop/cart-1~shop/cart'): XdsClient {
    const client = new XdsClient({
      address,
      ca: authority.ca,
      serverName,
      token: token ?? undefined,
    });
    clients.push(client);
    return client;
  }

  async function syncEverything(client: XdsClient): Promise<void> {
    client.send('cluster');
    const clusters = await client.next();
    client.send('endpoint', { resourceNamesSubscribe: [...clusters.names] });
    client.acknowledge(await client.next());
    client.acknowledge(clusters);
    client.send('listener');
    client.acknowledge(await client.next());
    client.send('route', { resourceNamesSubscribe: ['shop/cart/80'] });
    client.acknowledge(await client.next());
    await until(() => server.evidence().synced > 0);
  }

  it('serves what was published to a proxy that asks, and counts its acknowledgements', async () => {
    server.publish(() => set);
    await syncEverything(connect());
    expect(server.evidence()).toMatchObject({ connected: 1, synced: 1, rejected: 0 });
    expect(server.evidence().objects.get(originKey(cartTarget))).toMatchObject({
      total: 1,
      acknowledged: 1,
    });
  });

  it('brings every proxy to a connection of its own when the certificate is of another root', async () => {
    await stop();
    await start({ limits: { handshakeMs: 50 } });
    const channel = () => server.evidence().objects.get(originKey(channelOrigin));
    server.servesRoot('old', 1);
    server.publish(() => set, 3);
    const client = connect();
    await syncEverything(client);
    expect(server.evidence()).toMatchObject({ step: 3, pods: new Set(['shop/cart-1']) });
    expect(channel()).toMatchObject({ total: 1, acknowledged: 1 });
    server.servesRoot('old', 2);
    expect(channel()).toMatchObject({ origin: { generation: 2 }, acknowledged: 1 });
    server.servesRoot('new', 4);
    expect((await client.ended()).details).toContain('new certificate');
    await syncEverything(connect());
    expect(channel()).toMatchObject({ origin: { generation: 4 }, total: 1, acknowledged: 1 });
  });

  it('answers a proxy that came before anything was published', async () => {
    const client = connect();
    client.send('cluster');
    await until(() => server.evidence().connected === 1);
    server.publish(() => set);
    expect((await client.next()).names).toEqual(['shop/cart|80']);
  });

  it.each([
    ['no token', null],
    ['an unknown token', 'nonsense'],
  ])('refuses a client with %s without saying why', async (_, token) => {
    server.publish(() => set);
    const client = connect(token);
    client.send('cluster');
    const ended = await client.ended();
    expect([ended.code, ended.details]).toEqual([status.UNAUTHENTICATED, 'not authenticated']);
  });

  it('ends only the stream that sends garbage', async () => {
    server.publish(() => set);
    const good = connect('shop/good~shop/good');
    const bad = connect('shop/bad~shop/bad');
    bad.sendBytes(Buffer.from('ffffffff', 'hex'));
    expect((await bad.ended()).code).toBe(status.INVALID_ARGUMENT);
    good.send('cluster');
    expect((await good.next()).type).toBe('cluster');
  });

  it('ends the stream of a message that is too large', async () => {
    const client = connect();
    client.sendBytes(Buffer.alloc(5 * 1024 * 1024));
    expect((await client.ended()).code).toBe(status.RESOURCE_EXHAUSTED);
  });

  it('keeps at most one response per type unanswered for a client that never acknowledges', async () => {
    server.publish(() => set);
    const client = connect();
    client.send('cluster');
    await client.next();
    for (let version = 2; version < 50; version += 1) {
      const next = makeSet(makeResource('cluster', 'shop/cart|80', { version: String(version) }));
      server.publish(() => next);
    }
    const other = connect('shop/other~shop/other');
    other.send('cluster');
    expect((await other.next()).message.resources[0]?.version).toBe('49');
    expect(client.unread).toHaveLength(0);
  });

  it('closes the stream of a pod that is gone, and keeps one stream per pod', async () => {
    server.publish(() => set);
    const first = connect();
    first.send('cluster');
    await first.next();
    const second = connect();
    second.send('cluster');
    expect((await first.ended()).code).toBe(status.UNAVAILABLE);
    await second.next();
    expect(server.evidence().connected).toBe(1);
    server.disconnect('uid-shop/cart-1');
    expect((await second.ended()).code).toBe(status.UNAUTHENTICATED);
    expect(server.evidence().connected).toBe(0);
  });

  it('tells who connects and who left', async () => {
    const seen: string[] = [];
    server.onConnect(({ pod }) => seen.push(`+${pod}`));
    server.onDisconnect(({ pod }) => seen.push(`-${pod}`));
    const client = connect();
    client.send('cluster');
    await until(() => seen.length === 1);
    client.close();
    await until(() => seen.length === 2);
    expect(seen).toEqual(['+shop/cart-1', '-shop/cart-1']);
  });

  it('closes a stream whose token has ended, and one that says nothing', async () => {
    await stop();
    const clock = new FakeClock(farOff - 60_000);
    await start({ clock });
    const silent = connect('shop/silent~shop/silent');
    const client = connect();
    client.send('cluster');
    await until(() => server.evidence().connected === 2);
    await clock.advance(11_000);
    expect((await silent.ended()).code).toBe(status.DEADLINE_EXCEEDED);
    await clock.advance(60_000);
    expect(await client.ended()).toMatchObject({ code: status.UNAVAILABLE });
  });

  it('shows a new certificate to new connections and lets open streams go on', async () => {
    server.publish(() => set);
    const before = connect('shop/before~shop/before');
    before.send('cluster');
    await before.next();
    const other = await makeAuthority('another root');
    credentials.replace(await other.issue(serverName));
    const refused = connect('shop/old~shop/old');
    refused.send('cluster');
    expect((await refused.ended()).code).toBe(status.UNAVAILABLE);
    const after = new XdsClient({
      address,
      ca: other.ca,
      serverName,
      token: 'shop/after~shop/after',
    });
    clients.push(after);
    after.send('cluster');
    expect((await after.next()).type).toBe('cluster');
    before.send('listener');
    await until(() => server.evidence().connected === 2);
  });

  it('lets only the control plane follow the evidence', async () => {
    server.publish(() => set);
    const stopping = new AbortController();
    const seen: (Evidence | undefined)[] = [];
    const follow = (token: string): Promise<void> =>
      followEvidence(
        {
          address,
          serverName,
          trust: () => authority.ca,
          token: () => Promise.resolve(new Secret(token)),
          clock: systemClock,
          logger: silentLogger,
        },
        (evidence) => seen.push(evidence),
        stopping.signal,
      );
    const stranger = follow('shop/cart-9~shop/cart');
    await until(() => seen.length > 0);
    expect(seen).toEqual([undefined]);
    const followed = follow('weft-system/weft-controller-1~weft-system/weft-controller');
    await syncEverything(connect());
    await until(() => seen.at(-1)?.synced === 1);
    expect(seen.at(-1)).toEqual(server.evidence());
    await stop();
    await until(() => seen.at(-1) === undefined);
    stopping.abort();
    await Promise.all([stranger, followed]);
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500; turn += 1) {
    if (condition()) return;
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 10);
    });
  }
  throw new Error('it did not happen');
}
