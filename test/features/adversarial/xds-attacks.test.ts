import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { systemClock } from '../../../src/common/clock.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import type { IdentityKey } from '../../../src/policy/identity.ts';
import { createXdsServer, type XdsServer } from '../../../src/xds/server/xds-server.ts';
import { makeResource, makeSet } from '../../support/resources/resource-sets.ts';
import {
  makeAuthority,
  ReplaceableCredentials,
  type TestAuthority,
} from '../../support/certificates/server-authority.ts';
import { XdsClient } from '../../support/xds/xds-client.ts';
import { until } from '../../support/time/until.ts';
import { authenticateByName } from '../../support/xds/authenticate-by-name.ts';

const serverName = 'weft-controller.weft-system.svc';
const attackers = 40;

jest.setTimeout(30_000);

let authority: TestAuthority;
let server: XdsServer;
let port: number;
let stop: () => Promise<void>;
const clients: XdsClient[] = [];
const sockets: Socket[] = [];

beforeAll(async () => {
  authority = await makeAuthority();
  const stopping = new AbortController();
  server = createXdsServer({
    authenticate: authenticateByName,
    credentials: new ReplaceableCredentials(await authority.issue(serverName)),
    replicas: 'weft-system/weft-controller' as IdentityKey,
    clock: systemClock,
    logger: silentLogger,
    limits: {
      handshakeMs: 1_500,
      firstRequestMs: 1_500,
      maxNames: 5_000,
      maxIdleConnectionMs: 300,
    },
  });
  const listening = await server.listen('127.0.0.1:0', stopping.signal);
  port = listening.port;
  stop = () => {
    stopping.abort();
    return listening.closed;
  };
  server.publish(({ account }) =>
    makeSet(
      makeResource('cluster', `of ${account}`),
      makeResource('secret', 'workload', { version: `key of ${account}` }),
      makeResource('secret', 'ca:trust'),
    ),
  );
});

afterAll(async () => {
  for (const client of clients) client.close();
  for (const socket of sockets) socket.destroy();
  await stop();
});

function connect(token: string | undefined): XdsClient {
  const address = `127.0.0.1:${String(port)}`;
  const client = new XdsClient({ address, ca: authority.ca, serverName, token });
  clients.push(client);
  return client;
}

let honest = 0;

/** A proxy with a token of its own is served at once, whatever others do. */
async function othersAreServed(): Promise<void> {
  honest += 1;
  const client = connect(`shop/cart-${String(honest)}~shop/cart`);
  const began = performance.now();
  client.send('cluster');
  expect((await client.next(10_000)).names).toEqual(['of shop/cart']);
  expect(performance.now() - began).toBeLessThan(5_000);
  client.close();
}

function raw(bytes?: Buffer): Promise<{ readonly answer: Buffer; readonly ms: number }> {
  const began = performance.now();
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const socket = connectPlain({ host: '127.0.0.1', port }, () => {
      if (bytes !== undefined) socket.write(bytes);
    });
    sockets.push(socket);
    socket.on('data', (part) => parts.push(part));
    socket.on('error', () => undefined);
    socket.on('close', () =>
      resolve({ answer: Buffer.concat(parts), ms: performance.now() - began }),
    );
  });
}

describe('the xDS port, unauthenticated crash and denial of service (CVE-2022-23635, CVE-2022-39278)', () => {
  it('answers plaintext HTTP/2 and HTTP/1 with nothing but a TLS alert', async () => {
    for (const hello of ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'GET /debug/syncz HTTP/1.1\r\n\r\n']) {
      const { answer } = await raw(Buffer.from(hello));
      expect(answer.toString('latin1')).not.toMatch(/HTTP|\0\0\0/);
      expect([0, 0x15]).toContain(answer[0] ?? 0);
    }
  });

  it('closes connections that stay silent, and serves others at the same time', async () => {
    const silent = Array.from({ length: attackers }, () => raw());
    await othersAreServed();
    for (const { ms } of await Promise.all(silent)) expect(ms).toBeLessThan(8_000);
  });

  it('closes TLS connections that never begin to speak HTTP/2', async () => {
    const closed = Array.from({ length: 10 }, async () => {
      const socket = connectTls({
        host: '127.0.0.1',
        port,
        ca: authority.ca,
        servername: serverName,
        ALPNProtocols: ['h2'],
      });
      sockets.push(socket);
      socket.resume().on('error', () => undefined);
      await new Promise((resolve) => socket.once('close', resolve));
    });
    await othersAreServed();
    await Promise.all(closed);
  }, 20_000);

  it('refuses a flood of streams without a token, and serves others at the same time', async () => {
    const flood = Array.from({ length: attackers }, () => connect(undefined));
    for (const client of flood) client.send('cluster');
    await othersAreServed();
    for (const client of flood)
      expect((await client.ended(10_000)).code).toBe(status.UNAUTHENTICATED);
  });

  it('reads nothing of a stream that is not admitted', async () => {
    const client = connect('nobody');
    client.sendBytes(Buffer.alloc(1_000_000, 0xff));
    expect((await client.ended()).code).toBe(status.UNAUTHENTICATED);
  });

  it.each([
    ['garbage', Buffer.from('ffffffffffff', 'hex')],
    ['a million nested groups', Buffer.alloc(1_000_000, 0x0b)],
    ['a string longer than the message', Buffer.from([0x12, 0xff, 0xff, 0xff, 0xff, 0x0f])],
    ['too many names', Buffer.concat(Array<Buffer>(6_000).fill(Buffer.from([0x1a, 1, 0x61])))],
    ['a message over the limit', Buffer.alloc(5 * 1024 * 1024)],
  ])('ends only the stream that sends %s', async (what, bytes) => {
    const client = connect(`shop/${what.replaceAll(' ', '-')}~shop/web`);
    client.sendBytes(bytes);
    const { code } = await client.ended();
    expect([status.INVALID_ARGUMENT, status.RESOURCE_EXHAUSTED]).toContain(code);
    await othersAreServed();
  });

  it('keeps nothing for thousands of unknown types', async () => {
    const client = connect('shop/typist~shop/web');
    for (let number = 0; number < 5_000; number++)
      client.send('cluster', { typeUrl: `type.googleapis.com/x${String(number)}` });
    await othersAreServed();
    client.send('cluster');
    expect((await client.next()).names).toEqual(['of shop/web']);
  });

  it('does not notice proxies that never read', async () => {
    const before = server.evidence().connected;
    const deaf = Array.from({ length: 20 }, (_, index) =>
      connect(`shop/deaf-${String(index)}~shop/web`),
    );
    for (const client of deaf) {
      client.pause();
      client.send('cluster');
    }
    await until(() => server.evidence().connected === before + deaf.length);
    await othersAreServed();
  });
});

describe('identity on the xDS port, spoofing (CVE-2022-39388, CVE-2021-34824)', () => {
  const claims = {
    id: 'sidecar~10.0.0.1~cart-1.shop~shop.svc.cluster.local',
    cluster: 'cart.shop',
    metadata: { NAMESPACE: 'shop', SERVICE_ACCOUNT: 'cart' },
  };

  it("is the token's, whatever the node claims to be", async () => {
    const client = connect('shop/liar~shop/web');
    client.send('cluster', { node: claims });
    expect((await client.next()).names).toEqual(['of shop/web']);
  });

  it('is that of one token: two are none', async () => {
    const client = connect('shop/liar~shop/web, Bearer shop/cart~shop/cart');
    client.send('cluster');
    expect((await client.ended()).code).toBe(status.UNAUTHENTICATED);
  });

  it('decides whose secrets it gets, and no name leads to others', async () => {
    const client = connect('shop/curious~shop/web');
    const others = ['shop/cart', 'workload:shop/cart', 'service-cert:shop/cart', '../workload'];
    client.send('secret', { node: claims, resourceNamesSubscribe: ['workload', ...others] });
    const { names, message } = await client.next();
    expect(names).toEqual(['workload']);
    expect(message.resources[0]?.version).toBe('key of shop/web');
    expect([...message.removedResources].sort()).toEqual([...others].sort());
  });

  it('has only its own in everything, too', async () => {
    const client = connect('shop/greedy~shop/web');
    client.send('secret', { resourceNamesSubscribe: ['*'] });
    const { message } = await client.next();
    expect(message.resources.map(({ version }) => version)).toEqual(['key of shop/web', '1']);
  });

  it('gives nothing of another type under the name of a secret', async () => {
    const client = connect('shop/mixer~shop/web');
    client.send('endpoint', { resourceNamesSubscribe: ['workload', 'ca:trust'] });
    expect((await client.next()).names).toEqual([]);
  });
});
