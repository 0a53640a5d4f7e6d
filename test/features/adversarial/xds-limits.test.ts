import { connect, type ClientHttp2Session } from 'node:http2';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { systemClock } from '../../../src/common/clock.ts';
import { silentLogger, type LogFields } from '../../../src/common/logger.ts';
import { Secret } from '../../../src/common/secret.ts';
import type { IdentityKey } from '../../../src/policy/identity.ts';
import type { Limits } from '../../../src/xds/port/limits.ts';
import { noMetrics } from '../../../src/xds/port/metrics.ts';
import type { Proxy } from '../../../src/policy/proxy.ts';
import { createXdsServer, type XdsServer } from '../../../src/xds/server/xds-server.ts';
import { makeResource, makeSet } from '../../support/resources/resource-sets.ts';
import {
  makeAuthority,
  ReplaceableCredentials,
  type TestAuthority,
} from '../../support/certificates/server-authority.ts';
import { XdsClient } from '../../support/xds/xds-client.ts';
import { letPass } from '../../support/time/let-pass.ts';
import { staysTrueFor } from '../../support/time/stays-true-for.ts';
import { until } from '../../support/time/until.ts';
import { authenticateByName } from '../../support/xds/authenticate-by-name.ts';

jest.setTimeout(30_000);

const serverName = 'weft-control-plane.weft-system.svc';
const replicas = 'weft-system/weft-control-plane' as IdentityKey;

let authority: TestAuthority;
let server: XdsServer;
let ports: { readonly proxies: number; readonly replicas: number };
let maxProxies: number;
let lines: { readonly message: string; readonly fields: LogFields }[];
let leftOut: number;
let ends: string[];
let clients: { close(): void }[];
let stop: () => Promise<void>;

async function start(limits: Partial<Limits> = {}): Promise<void> {
  const stopping = new AbortController();
  const log = (message: string, fields: LogFields = {}): void =>
    void lines.push({ message, fields });
  server = createXdsServer({
    ...{ authenticate: authenticateByName, replicas, clock: systemClock, limits },
    credentials: new ReplaceableCredentials(await authority.issue(serverName)),
    answer: () => Promise.resolve(new Secret(Buffer.from('an answer'))),
    maxProxies: () => maxProxies,
    logger: { ...silentLogger, info: log, warn: log },
    metrics: {
      ...noMetrics,
      streamEnded: (reason) => ends.push(reason),
      linesLeftOut: (count) => (leftOut += count),
    },
  });
  server.publish(({ account }) =>
    account.startsWith('shop/') ? makeSet(makeResource('cluster', 'shop/cart|80')) : undefined,
  );
  const both = await Promise.all([
    server.listen('127.0.0.1:0', stopping.signal),
    server.listenToReplicas('127.0.0.1:0', stopping.signal),
  ]);
  ports = { proxies: both[0].port, replicas: both[1].port };
  stop = async () => {
    stopping.abort();
    await Promise.all(both.map(({ closed }) => closed));
  };
}

beforeEach(async () => {
  authority = await makeAuthority();
  [maxProxies, lines, leftOut, ends, clients] = [0, [], 0, [], []];
});
afterEach(async () => {
  for (const client of clients) client.close();
  await stop();
});

function proxy(pod: string, account = 'shop/cart'): XdsClient {
  const address = `127.0.0.1:${ports.proxies}`;
  const token = account === '' ? undefined : `${pod}~${account}`;
  const client = new XdsClient({ address, ca: authority.ca, serverName, token });
  clients.push(client);
  client.send('cluster');
  return client;
}

/** A call whose message never ends: how it is answered, and when its connection is closed. */
async function unended(port: number, path: string, headers: object): Promise<string> {
  const session: ClientHttp2Session = connect(`https://127.0.0.1:${port}`, {
    ...{ ca: authority.ca, servername: serverName },
  });
  clients.push(session);
  const closed = new Promise<void>((resolve) => session.once('close', resolve));
  session.on('error', () => undefined);
  const stream = session.request({
    ...{ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' },
    ...headers,
  });
  const frame = Buffer.alloc(4 * 1024 * 1024 - 64);
  frame.writeUInt32BE(frame.length, 1);
  stream.on('error', () => undefined).write(frame);
  const answer = await new Promise<string>((resolve) => {
    stream.once('response', (answered) => resolve(String(answered['grpc-status'])));
    stream.once('close', () => resolve('closed'));
  });
  await closed;
  return answer;
}

describe('a call that is not admitted', () => {
  const ask = '/weft.leaves.v1.Leaves/Ask';
  const watch = '/weft.evidence.v1.Evidence/Watch';
  const workload = { authorization: 'Bearer shop/cart-1~shop/cart' };
  it.each([
    ['an ask without a token', 'replicas', ask, {}, status.UNAUTHENTICATED],
    ['a watch without a token', 'replicas', watch, {}, status.UNAUTHENTICATED],
    ['an ask of a workload', 'replicas', ask, workload, status.UNAUTHENTICATED],
    ['a watch of a workload', 'replicas', watch, workload, status.UNAUTHENTICATED],
    ['an ask at the sidecars’ port', 'proxies', ask, workload, status.UNIMPLEMENTED],
    ['a watch at the sidecars’ port', 'proxies', watch, workload, status.UNIMPLEMENTED],
    ['a method that is not there', 'replicas', '/x/y', {}, status.UNIMPLEMENTED],
  ] as const)(
    'S1: is answered at once, unread, and its connection ends: %s',
    async (...[, port, path, headers, code]) => {
      await start({ maxIdleConnectionMs: 500, handshakeMs: 1_000, authenticationMs: 1_000 });
      const began = performance.now();
      expect(await unended(ports[port], path, headers)).toBe(String(code));
      expect(performance.now() - began).toBeLessThan(5_000);
    },
  );

  it('S9: is the fourth of its connection at most: the next one cuts it', async () => {
    await start();
    const session = connect(`https://127.0.0.1:${ports.proxies}`, {
      ...{ ca: authority.ca, servername: serverName },
    });
    clients.push(session);
    const closed = new Promise<void>((resolve) => session.once('close', resolve));
    session.on('error', () => undefined);
    const answers: string[] = [];
    while (!session.destroyed && answers.length < 20) {
      const stream = session.request({ ':method': 'POST', ':path': '/x/y' });
      stream.on('error', () => undefined).end();
      await new Promise<void>((resolve) => {
        stream.once('response', (answered) => answers.push(String(answered[':status'])));
        stream.once('close', () => resolve());
      });
    }
    expect(answers).toHaveLength(4);
    await closed;
    expect(lines.map(({ fields }) => fields['reason'])).toEqual(['too-many-calls']);
  });

  it('S1: is answered when the check of its token never ends', async () => {
    const never = jest.fn(() => new Promise<Proxy>(() => undefined));
    const stopping = new AbortController();
    await start();
    await stop();
    const slow = createXdsServer({
      ...{ authenticate: never, replicas, clock: systemClock, logger: silentLogger },
      credentials: new ReplaceableCredentials(await authority.issue(serverName)),
      limits: { authenticationMs: 200 },
    });
    const { port, closed } = await slow.listen('127.0.0.1:0', stopping.signal);
    ports = { proxies: port, replicas: 0 };
    stop = () => {
      stopping.abort();
      return closed;
    };
    expect((await proxy('shop/cart-1').ended()).code).toBe(status.UNAVAILABLE);
    expect(never).toHaveBeenCalledTimes(1);
  });
});

describe('a proxy that is admitted', () => {
  it('S6: has its stream ended when its pod is no workload of the mesh, and gets the reason', async () => {
    await start({ strangerMs: 300 });
    const stranger = proxy('other/x', 'other/x');
    const { code, details } = await stranger.ended(10_000);
    expect([code, details]).toEqual([
      status.PERMISSION_DENIED,
      'the pod is not a workload of this mesh: recreate it in a namespace of the mesh',
    ]);
    const welcome = proxy('shop/cart-1');
    welcome.acknowledge(await welcome.next());
    await staysTrueFor(2_500, 'a stream that is open', () => server.evidence().connected === 1);
    welcome.send('listener');
    await welcome.next();
  });

  it('S6: may ask for many names, and not for more than it is worth keeping', async () => {
    await start();
    const client = proxy('shop/cart-1');
    await client.next();
    for (let turn = 0; turn < 20; turn += 1) {
      const names = Array.from({ length: 1_000 }, (_, index) => `${turn}-${index}`.padEnd(60, 'x'));
      client.send('endpoint', { resourceNamesSubscribe: names });
    }
    expect((await client.ended()).code).toBe(status.RESOURCE_EXHAUSTED);
    expect(ends).toContain('too-many-names');
  });

  it('S6: comes back no sooner than ten seconds after it took too much, and others at once', async () => {
    await start({ penaltyMs: 1_500 });
    const client = proxy('shop/cart-1');
    await client.next();
    client.send('endpoint', { resourceNamesSubscribe: [''.padEnd(1_900_000, 'n')] });
    await client.ended();
    const { code, details } = await proxy('shop/cart-1').ended();
    expect([code, details]).toEqual([
      status.RESOURCE_EXHAUSTED,
      'the pod used too much time of the server, or opened too many streams: it may open another stream after ten seconds',
    ]);
    await proxy('shop/cart-2').next();
    await letPass(1_600, 'the penalty ends');
    await proxy('shop/cart-1').next();
    expect(ends).toEqual(['malformed', 'too-soon']);
  });

  it('H9: may send thousands of messages, of which each has little around it', async () => {
    await start();
    const client = proxy('shop/cart-1');
    await client.next();
    const names = Array.from({ length: 5_000 }, (_, index) => `${index}`.padEnd(60, 'x'));
    client.send('cluster', { resourceNamesSubscribe: names });
    for (let turn = 0; turn < 3_000; turn += 1) client.send('cluster');
    await staysTrueFor(2_000, 'a stream that is open', () => server.evidence().connected === 1);
    expect(lines).toEqual([]);
  });

  it('H10: opens ten streams in ten seconds, and the next one after a penalty', async () => {
    await start();
    for (let turn = 0; turn < 10; turn += 1) await proxy('shop/cart-1').next();
    expect((await proxy('shop/cart-1').ended()).code).toBe(status.RESOURCE_EXHAUSTED);
    expect(ends).toEqual([...Array<string>(9).fill('replaced'), 'too-soon']);
    await proxy('shop/cart-2').next();
  });

  it('S12: is refused when as many are connected as the MeshConfig allows, from the next one on', async () => {
    await start();
    const first = proxy('shop/cart-1');
    await first.next();
    maxProxies = 2;
    const second = proxy('shop/cart-2');
    await second.next();
    const third = proxy('shop/cart-3');
    const { code, details } = await third.ended();
    expect(code).toBe(status.RESOURCE_EXHAUSTED);
    expect(details).toContain('sidecar.maxDataPlaneConnections');
    expect(ends).toEqual(['too-many-proxies']);
    expect(lines.at(-1)?.fields).toEqual({ pod: 'shop/cart-3', maxDataPlaneConnections: 2 });
    await proxy('shop/cart-2').next();
    maxProxies = 0;
    await proxy('shop/cart-3').next();
    expect(server.evidence().connected).toBe(3);
  });

  it('S13: and others that are refused write few lines, which say how many there were', async () => {
    await start({ gate: { refusedMs: 10_000, maxCallsUnadmitted: 60 } });
    const session = connect(`https://127.0.0.1:${ports.replicas}`, {
      ...{ ca: authority.ca, servername: serverName },
    });
    clients.push(session);
    session.on('error', () => undefined);
    for (let turn = 0; turn < 60; turn += 1) {
      const stream = session.request({
        ...{ ':method': 'POST', ':path': '/weft.leaves.v1.Leaves/Ask' },
        'content-type': 'application/grpc',
      });
      stream.on('error', () => undefined).end();
      await new Promise((resolve) => stream.once('response', resolve));
    }
    expect(lines.filter(({ message }) => message === 'request refused')).toHaveLength(20);
    await until(() => leftOut > 0, { withinMs: 20_000 });
    const counted = lines.find(({ message }) => message === 'log lines left out');
    expect(counted?.fields).toEqual({ of: 'request refused', count: 40 });
    expect(leftOut).toBe(40);
  });
});
