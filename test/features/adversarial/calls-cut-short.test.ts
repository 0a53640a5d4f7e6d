// A server that answers slowly has calls given up. Over HTTP/2 that puts an end to the process: where a call is
// cut before it was sent, Node 24 writes empty frames without end, until memory runs out.
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { VaultHttp } from '../../../src/certificates/providers/vault/vault-http.ts';
import { systemClock as clock } from '../../../src/common/clock.ts';
import { UndiciTransport } from '../../../src/kubernetes/undici-transport.ts';
import { createAuthority } from '../../../tools/cluster/authority.ts';

jest.setTimeout(60_000);

const rounds = 20;
const together = 100;

describe('calls that are cut short', () => {
  const versions: string[] = [];
  const ends: (() => Promise<void>)[] = [];
  let server: Http2SecureServer;
  let calls: Readonly<Record<'api' | 'vault', (signal: AbortSignal) => Promise<unknown>>>;

  beforeAll(async () => {
    const authority = await createAuthority('a slow one');
    const wishes = { commonName: 'x', dnsNames: ['localhost'], addresses: ['127.0.0.1'] };
    const { certificate: cert, key } = await authority.issue(wishes);
    server = createSecureServer({ cert, key, allowHTTP1: true }, (request, response) => {
      versions.push(request.httpVersion);
      setTimeout(() => response.end('{}'), Math.random() * 20);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const [address, ca] = [`https://127.0.0.1:${port}`, authority.certificate];
    const api = new UndiciTransport({
      ...{ server: address, proxy: undefined, namespace: undefined },
      access: () => Promise.resolve({ headers: {}, tls: { ca } }),
    });
    const vault = new VaultHttp({ address, allowed: [], namespace: '', ca: () => ca, clock });
    ends.push(
      () => api.close(),
      () => vault.close(),
    );
    const body = JSON.stringify({ text: 'x'.repeat(600) });
    calls = {
      api: async (signal) => {
        const answer = await api.send({ method: 'PATCH', path: '/', body }, signal);
        for await (const part of answer.body) expect(part).toBeDefined();
      },
      vault: (signal) =>
        vault.send({ method: 'POST', path: 'sign', body: { text: 'x'.repeat(600) } }, signal),
    };
  });
  afterAll(async () => {
    for (const end of ends) await end();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });

  /** Some at once, some in the next turn, some while they are answered. */
  async function cutShort(call: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const stop = new AbortController();
    const ended = call(stop.signal).catch(() => undefined);
    const cut = (): void => stop.abort();
    const when = Math.random();
    if (when < 0.3) cut();
    else if (when < 0.6) setImmediate(cut);
    else setTimeout(cut, Math.random() * 15);
    await ended;
  }

  it.each(['api', 'vault'] as const)('leave the process as it was: %s', async (name) => {
    versions.length = 0;
    await calls[name](AbortSignal.timeout(10_000));
    expect(versions).toEqual(['1.1']);
    for (let round = 0; round < rounds; round += 1)
      await Promise.all(Array.from({ length: together }, () => cutShort(calls[name])));
    await calls[name](AbortSignal.timeout(10_000));
    expect(new Set(versions)).toEqual(new Set(['1.1']));
  });
});
