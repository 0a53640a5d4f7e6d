import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { closeServer } from './close-server.ts';

let server: Server;
let client: Socket;
let isClosed: boolean;

/** A server that never answers, and a client that has sent its request. */
beforeEach(async () => {
  isClosed = false;
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const asked = new Promise((resolve) => server.once('request', resolve));
  client = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  client.on('error', () => undefined).resume();
  client.once('close', () => (isClosed = true));
  client.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await asked;
});
afterEach(() => {
  client.destroy();
  server.close();
});

describe('a server that closes', () => {
  it('lets a request under way end within its time, and cuts it after', async () => {
    const closed = closeServer(server, 300);
    await sleep(100);
    expect(isClosed).toBe(false);
    await closed;
  });

  it('cuts all at once where there is no such time', async () => {
    const gone = once(client, 'close');
    await closeServer(server, 0);
    await gone;
    expect(isClosed).toBe(true);
  });

  it('cuts again and again what becomes known later', async () => {
    let cuts = 0;
    let done = (): void => undefined;
    const fake = {
      close: (callback: () => void) => (done = callback),
      closeIdleConnections: () => undefined,
      closeAllConnections: () => {
        cuts += 1;
        if (cuts === 3) done();
      },
    };
    await closeServer(fake as unknown as Server, 0);
    await sleep(150);
    expect(cuts).toBe(3);
  });
});
