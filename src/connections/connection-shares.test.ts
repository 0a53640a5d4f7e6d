import { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Places, type Room, shareConnections } from './connection-shares.ts';

let now: number;
const sockets: Socket[] = [];
const servers: Server[] = [];
beforeEach(() => {
  now = 0;
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** A server of four connections, three an address, that never answers /wait. */
async function start(): Promise<{ readonly port: number; readonly places: Places }> {
  const server = createServer((request, response) => {
    if (request.url !== '/wait') response.writeHead(request.url === '/' ? 200 : 404).end('ok');
  });
  const places = shareConnections(server, { total: 4, perAddress: 3 }, () => now);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, places };
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`;
const slow = 'POST /wait HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n';

/** A connection from 127.0.0.`host`, which says something at once if it has to. Ten milliseconds pass. */
async function open(port: number, host: number, says = ''): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: `127.0.0.${host}` });
  sockets.push(socket);
  socket.on('error', () => undefined).resume();
  await new Promise((resolve) => socket.once('connect', resolve));
  if (says !== '') socket.write(says);
  await sleep(50);
  now += 10;
  return socket;
}

const closed = (socket: Socket): boolean => socket.closed || socket.readableEnded;

/** Which of these is closed for one more connection, from an address of its own, after so long. */
async function cutOf(
  port: number,
  held: readonly Socket[],
  afterMs: number,
): Promise<readonly boolean[]> {
  now += afterMs;
  const newcomer = await open(port, 99, get('/wait'));
  expect(closed(newcomer)).toBe(false);
  return held.map(closed);
}

describe('shareConnections', () => {
  it('closes one whose first answer is late before all others, the oldest first', async () => {
    const { port } = await start();
    const held = [await open(port, 2, get('/')), await open(port, 3, get('/x'))];
    held.push(await open(port, 4), await open(port, 5));
    expect(await cutOf(port, held, 1_500)).toEqual([false, true, false, false]);
    expect(await cutOf(port, held, 0)).toEqual([false, true, true, false]);
  });

  it('closes a connection without a request before one with time left, and no connection that waits for an answer', async () => {
    const { port } = await start();
    const held = [await open(port, 2, get('/')), await open(port, 3, get('/x'))];
    held.push(await open(port, 4, get('/wait')));
    now += 1_500;
    held.push(await open(port, 5));
    expect(await cutOf(port, held, 0)).toEqual([false, true, false, false]);
    expect(await cutOf(port, held, 0)).toEqual([true, true, false, false]);
    expect(await cutOf(port, held, 0)).toEqual([true, true, false, true]);
  });

  it('closes one whose body is slow, also of an address that had answers', async () => {
    const { port } = await start();
    const held = [await open(port, 2, get('/')), await open(port, 3, get('/') + slow)];
    held.push(await open(port, 4, get('/')), await open(port, 5, get('/wait')));
    expect(await cutOf(port, held, 600)).toEqual([false, true, false, false]);
  });

  it('closes nothing whose request is whole', async () => {
    const { port } = await start();
    const held: Socket[] = [];
    for (const host of [2, 3, 4, 5]) held.push(await open(port, host, get('/wait')));
    now += 10_000;
    expect(closed(await open(port, 6))).toBe(true);
    expect(held.map(closed)).toEqual([false, false, false, false]);
  });

  it('takes room for an address that has its share from that address', async () => {
    const { port } = await start();
    const other = await open(port, 3);
    const own = [await open(port, 2, get('/')), await open(port, 2), await open(port, 2)];
    now += 1_500;
    own.push(await open(port, 2));
    expect([other, ...own].map(closed)).toEqual([false, false, true, false, false]);
  });

  it('finds room without closing a connection that has time left', async () => {
    const { port, places } = await start();
    const rooms = (waiting = 1): Room[] => ['127.0.0.2', '127.0.0.3'].map(places.look(waiting));
    for (let count = 0; count < 3; count += 1) await open(port, 2);
    expect(rooms()).toEqual(['none', 'free']);
    await open(port, 3);
    expect(rooms()).toEqual(['none', 'none']);
    now += 500;
    expect(rooms()).toEqual(['none', 'none']);
    expect(rooms(30)).toEqual(['own', 'free']);
    now += 1_000;
    expect(rooms()).toEqual(['own', 'free']);
  });

  it('has room while one of many waits for its next request, however new the others are', async () => {
    const { port, places } = await start();
    for (const host of [2, 3, 4]) await open(port, host, get('/'));
    await open(port, 5);
    expect(places.look(1)('127.0.0.6')).toBe('free');
  });

  it('is crowded while others wait for the places of those that are there', async () => {
    const { port, places } = await start();
    for (const host of [2, 3, 4, 5]) {
      places.look(1)(`127.0.0.${host}`);
      await open(port, host, get('/'));
    }
    expect(places.isCrowded()).toBe(false);
    places.look(1)('127.0.0.6');
    expect(places.isCrowded()).toBe(true);
    now += 300;
    expect(places.isCrowded()).toBe(false);
  });

  it('calls a network slow whose connection had its time for nothing', async () => {
    const { port, places } = await start();
    for (const host of [2, 3, 4, 5]) await open(port, host, host === 2 ? get('/') : '');
    now += 1_500;
    await open(port, 6, get('/'));
    expect(['127.0.0.2', '127.0.0.3', '127.0.0.4'].map(places.isSlow)).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('gives up a connection whose client comes again from the same port', () => {
    const server = createServer();
    const { look } = shareConnections(server, { total: 9, perAddress: 2 }, () => now);
    const arrive = (): EventEmitter & { readonly remotePort: number; isCut: boolean } => {
      const socket = Object.assign(new EventEmitter(), {
        ...{ remoteAddress: '127.0.0.2', remotePort: 1, localAddress: '127.0.0.1', isCut: false },
        destroy: () => void (socket.isCut = true),
      });
      server.listeners('connection').at(-1)?.(socket);
      return socket;
    };
    const [first, second, third] = [arrive(), arrive(), arrive()];
    expect([first, second, third].map(({ isCut }) => isCut)).toEqual([true, true, false]);
    for (const socket of [first, second, third]) socket.emit('close');
    arrive();
    expect(look(1)('127.0.0.2')).toBe('free');
  });

  it('counts all addresses of an IPv6 /64 as one', () => {
    const server = createServer();
    shareConnections(server, { total: 100, perAddress: 3 }, () => now);
    const isCut: boolean[] = [];
    const arrive = (remoteAddress: string): void => {
      const index = isCut.push(false) - 1;
      const destroy = (): void => void (isCut[index] = true);
      const ends = { remoteAddress, remotePort: index, destroy };
      // Without the listener of HTTP, which would read it.
      server.listeners('connection').at(-1)?.(Object.assign(new EventEmitter(), ends));
    };
    for (let host = 0; host < 4; host += 1) arrive(`2001:db8::${host}`);
    for (let net = 1; net < 5; net += 1) arrive(`2001:db8:0:${net}::1`);
    expect(isCut).toEqual([true, ...Array<boolean>(7).fill(false)]);
  });

  it('takes connections again after others ended', async () => {
    const { port } = await start();
    const busy: Socket[] = [];
    for (const host of [2, 3, 4, 5]) busy.push(await open(port, host, get('/wait')));
    for (const socket of busy) socket.destroy();
    await sleep(50);
    expect(closed(await open(port, 2))).toBe(false);
  });
});
