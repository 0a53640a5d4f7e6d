import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UndiciTransport } from './undici-transport.ts';
import { readText } from './transport.ts';

/** Answers at once with a head and the beginning of a body, and never ends it. */
function endless(): Server {
  return createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{');
  });
}

describe('the transport, when it is closed', () => {
  const server = endless();
  let transport: UndiciTransport;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    transport = new UndiciTransport({
      server: `http://127.0.0.1:${port}`,
      proxy: undefined,
      namespace: undefined,
      access: () => Promise.resolve({ headers: {}, tls: {} }),
    });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const get = { method: 'GET', path: '/' } as const;

  it('fails every reader of an answer, now or later', async () => {
    const [reading, later] = await Promise.all(
      [get, get].map((wanted) => transport.send(wanted, AbortSignal.timeout(10_000))),
    );
    const read = readText(reading!.body);
    const failed = expect(read).rejects.toMatchObject({ code: 'UND_ERR_DESTROYED' });
    await transport.close();
    await failed;
    // An answer without a reader must not end the process.
    for (let turns = 0; turns < 5; turns++) await turn();
    await expect(readText(later!.body)).rejects.toThrow();
  });
});
