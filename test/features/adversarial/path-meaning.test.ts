import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  account,
  makeEndpoint,
  makeEndpoints,
  makeInbound,
  makeMatch,
  makeOutbound,
  makePort,
  makeReachable,
  makeRule,
  makeServed,
  makeService,
} from '../../support/builders/make-view.ts';
import { startMesh, type TestMesh, type TestPod } from '../../support/envoy/pod.ts';

const clusterIp = '10.96.0.10';
const bookstore = makeService('bookstore', { addresses: [clusterIp], ports: [makePort(80)] });
const rule = makeRule('books', {
  http: [makeMatch({ pathRegex: '/books/', methods: ['GET'] })],
});

jest.setTimeout(60_000);

interface Answer {
  readonly status: number;
  /** The request target that the application was given; undefined when it was given none. */
  readonly seen: string | undefined;
}

describe('a path means to the rule what it means to the application (CVE-2021-39156, CVE-2026-73552, GHSA-w44g-8m76-8gc5)', () => {
  let mesh: TestMesh;
  let buyer: TestPod;

  beforeAll(async () => {
    mesh = await startMesh();
    buyer = await mesh.pod('bookbuyer');
    const store = await mesh.pod('bookstore');
    const endpoint = makeEndpoint(store.address, 8080);
    mesh.endpoints = makeEndpoints({ 'bookstore/bookstore|80': [endpoint] });
    await mesh.offer('bookbuyer', {
      inbound: makeInbound({ account: account('bookbuyer') }),
      outbound: makeOutbound({ services: [makeReachable(bookstore)] }),
    });
    await mesh.offer('bookstore', {
      inbound: makeInbound({ served: [makeServed(8080)], rules: [rule] }),
      outbound: makeOutbound({ account: account('bookstore') }),
    });
    await store.serve('http', 8080);
    await Promise.all([buyer.ready(), store.ready()]);
  });

  afterAll(() => mesh.stop());

  /** Sends the very bytes: `\\xff` in the text is the byte 255. */
  async function send(method: string, target: string, ...headers: string[]): Promise<Answer> {
    const lines = [`${method} ${target} HTTP/1.1`, 'Host: bookstore.bookstore', ...headers];
    const request = `${[...lines, 'Connection: close'].join('\\r\\n')}\\r\\n\\r\\n`;
    const script = `exec 3<>/dev/tcp/${clusterIp}/80; printf "$1" >&3; cat <&3 || true`;
    const quoted = request.replaceAll('%', '%%');
    const reply = await buyer.exec(['timeout', '10', 'bash', '-c', script, '-', quoted]);
    const seen = /"url":("(?:[^"\\]|\\.)*")/.exec(reply)?.[1];
    return {
      status: Number(/^HTTP\/1\.1 (\d+)/.exec(reply)?.[1] ?? 0),
      seen: seen === undefined ? undefined : (JSON.parse(seen) as string),
    };
  }

  it.each([
    '/books/1',
    '/books/%ff',
    '/books/caf%C3%A9/r%2525',
    '/books/group%2Fproject',
    '/books/a%252Fb',
    '/books/.hidden/..x/...',
    '/books/1;v=2?x=/../..//',
  ])('allows %s, and the application sees it as it was sent', async (target) => {
    expect(await send('GET', target)).toEqual({ status: 200, seen: target });
  });

  it.each([
    '/admin',
    '//admin',
    '/books',
    '/x/../books/1',
    '//books///1',
    '/books//1',
    '/books/.//..//admin',
    '/books/./1',
    '/books/.',
    '/books/..',
    '/books/%2fadmin',
    '/books/a%2F%2Fb',
    '/books/%252e%252e%252fadmin',
    '/books/%2525252e./admin',
    '/books/..;/admin',
    '/books/..;x=1/admin',
    '/books/..%3b/admin',
    '/books/..%20/admin',
    '/books/;/admin',
    '/books/1%00/x',
    '/books/%c0%ae%c0%ae/admin',
    '/books/..%c0%afadmin',
    '/books/%e0%80%ae./admin',
    '/books/%u002e%u002e/admin',
    '/books/%2/x',
    '/books/a\\\\b',
    '/books/1#x',
    '/BOOKS/1',
    '/books/../admin',
    '/books/%2e%2e/admin',
    '/books/%2E%2e%2Fadmin',
    '/books/..%2fadmin',
    '/books/..%5cadmin',
    '/books/..\\\\admin',
    '/books/./%2e./admin',
    '/admin?/books/',
    '/admin#/books/',
    '/books/%00/../../admin',
    '/books/\\xff',
    '/\\xffbooks/',
    '/admin\\x09/books/',
    'http://bookstore/admin',
    'http://bookstore/books/../admin',
    '*',
  ])('hands %s to no application', async (target) => {
    const { status, seen } = await send('GET', target);
    expect(seen).toBeUndefined();
    expect([400, 403, 404]).toContain(status);
  });

  it.each(['get', 'GeT', 'POST', 'HEAD', 'TRACE', 'X'])(
    'takes the method %s for no GET',
    async (method) => {
      const { status, seen } = await send(method, '/books/1');
      expect(seen).toBeUndefined();
      expect(status).not.toBe(200);
    },
  );

  it.each([
    'X-HTTP-Method-Override: GET',
    'X-Original-URL: /books/1',
    'X-Envoy-Original-Path: /books/1',
  ])('believes no header %s', async (header) => {
    expect((await send('POST', '/books/1', header)).seen).toBeUndefined();
    expect((await send('GET', '/admin', header)).seen).toBeUndefined();
  });
});
