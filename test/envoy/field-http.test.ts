import { join } from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { makeMatch, makeRule } from '../support/builders/make-view.ts';
import { makeSettings } from '../support/builders/make-settings.ts';
import { meshOfTests } from '../support/envoy/mesh-of-tests.ts';
import type { TestPod } from '../support/envoy/pod.ts';
import { type RawSender, rawSender, requestText, statuses } from '../support/envoy/raw.ts';
import { callerAndWeb } from '../support/envoy/caller-and-web.ts';

jest.setTimeout(120_000);

const ip = '10.96.0.61';
const apps = [
  { port: 80, targetPort: 8080, kind: 'http' },
  { port: 81, targetPort: 8081, kind: 'parrot' },
  { port: 90, targetPort: 9090, kind: 'h2c', protocol: 'grpc' },
] as const;
const open = makeRule('all', {
  http: [makeMatch({ pathRegex: '.*', methods: [] })],
});

/** What client.mjs prints. */
interface Answer {
  readonly status: number | string;
  readonly seen: number;
  readonly largest: number;
}

describe.each(['permissive', 'strict'] as const)('a sidecar refuses nothing, %s', (mode) => {
  const settings = makeSettings({ permissive: mode === 'permissive' });
  const rules = mode === 'permissive' ? 'any' : [open];
  const mesh = meshOfTests();
  let caller: TestPod;
  let raw: RawSender;

  beforeAll(async () => {
    caller = await callerAndWeb(mesh(), { ip, apps, rules, settings });
    raw = rawSender(caller, ip, 80);
  });

  const offer = (token: string, path = '/a'): string =>
    requestText(`GET ${path}`, 'Host: web.web', 'Connection: Upgrade', `Upgrade: ${token}`);

  it.each([
    ...['TLS/1.2', 'tls/1.0', 'HTTP/2.0', 'h2c', 'foo', 'foo/9', 'websockets', 'x, y', ''],
    ...['TLS/1.3, foo', ' h2c , TLS/1.2 '],
  ])('case 01: answers a request that offers "%s" as if it did not', async (token) => {
    const twice = await raw(offer(token), offer(token, '/b'));
    expect(statuses(twice)).toEqual([200, 200]);
    expect(twice).toContain('"url":"/a"');
    expect(twice).toContain('"url":"/b"');
  });

  it.each(['websocket', 'WebSocket', 'tcp', 'SPDY/3.1', 'websocket, foo', 'h2c, websocket'])(
    'case 01: carries an upgrade to "%s", and the answer of a server that declines it',
    async (token) => {
      const taken = await raw(offer(token), 'ping');
      expect(statuses(taken)).toEqual([101]);
      expect(taken).toMatch(/ping$/);
      // Of such an answer to a WebSocket Envoy passes the status and the headers on, not the body.
      const declined = await raw(offer(token, '/decline'));
      expect(statuses(declined)).toEqual([200]);
      expect(declined).toMatch(/^x-app: declined/m);
    },
  );

  it('case 01: takes a body beside the offer, and an offer in the answer', async () => {
    const body = ['-H', 'Connection: Upgrade', '-H', 'Upgrade: TLS/1.2', '-d', 'body'];
    expect((await caller.get(`http://${ip}/`, ...body)).status).toBe(200);
    const answer = await caller.get(`http://${ip}:81/`);
    expect([answer.status, answer.body]).toEqual([200, expect.stringMatching(/^GET \/ HTTP/)]);
  });

  it('case 01: carries a WebSocket over HTTP/2', async () => {
    const script = `
      const session = require('node:http2').connect('http://${ip}:90');
      session.on('remoteSettings', () => {
        const stream = session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/' });
        stream.on('response', (h) => console.log(h[':status'], h['x-protocol']));
        stream.on('data', (data) => { console.log(String(data)); process.exit(0); });
        stream.on('error', (e) => { console.log(e.message); process.exit(0); });
        stream.write('ping');
      });`;
    const output = await caller.exec([process.execPath, '-e', script]);
    expect(output).toBe('200 websocket\nping\n');
  });

  it('case 02: answers HTTP/1.0 with and without Host, kept alive or not, with a body', async () => {
    const one = await raw('GET /one HTTP/1.0\\r\\nHost: web.web:80\\r\\n\\r\\n');
    const two = await raw('GET /two HTTP/1.0\\r\\n\\r\\n');
    expect(two).toContain('"host":"web.web.svc.cluster.local"');
    const post = 'POST /four HTTP/1.0\\r\\nHost: web.web\\r\\nContent-Length: 2\\r\\n\\r\\nhi';
    const four = await raw(post);
    const kept = 'GET /three HTTP/1.0\\r\\nHost: web\\r\\nConnection: keep-alive\\r\\n\\r\\n';
    const three = await raw(kept, kept);
    expect([one, two, four, three].map(statuses)).toEqual([[200], [200], [200], [200, 200]]);
    expect(one).toMatch(/connection: close/i);
    expect(two).toContain('"url":"/two"');
  });

  /** Asks with `count` more headers of `bytes` together. */
  async function client(kind: string, url: string, ...sizes: [number, number]): Promise<Answer> {
    const program = [
      process.execPath,
      join(import.meta.dirname, '../support/envoy/client.mjs'),
      kind,
      url,
    ];
    return JSON.parse(await caller.exec([...program, ...sizes.map(String)])) as Answer;
  }

  it.each([
    ['http', 'many', 120, 8_000],
    ['http', 'large', 20, 50_000],
    ['http', 'huge', 20, 80_000],
    ['http', 'very many', 1_900, 90_000],
    ['http', 'as large as the laxest of common servers takes', 20, 1_040_000],
    ['http', 'one alone', 1, 80_000],
    ['h2', 'many', 1_900, 90_000],
    ['h2', 'huge', 20, 80_000],
  ])(
    'case 25: carries over %s %s request headers (%d, %d bytes)',
    async (...[kind, , count, bytes]) => {
      const port = kind === 'h2' ? 90 : 80;
      const answer = await client(kind, `http://${ip}:${String(port)}/many`, count, bytes);
      expect(answer.status).toBe(200);
      expect(answer.seen).toBeGreaterThanOrEqual(count);
    },
  );

  it.each([80_000, 1_000_000])('case 25: carries response headers of %d bytes', async (size) => {
    const answer = await client('http', `http://${ip}/big/${String(size)}`, 1, 20);
    expect(answer).toMatchObject({ status: 200, largest: size });
  });

  it('takes methods that it does not know', async () => {
    const answer = await caller.get(`http://${ip}:81/`, '-X', 'BAN');
    expect([answer.status, answer.body]).toEqual([200, expect.stringMatching(/^BAN \/ HTTP/)]);
  });

  // docs/ports-and-protocols.md, "What HTTP does not carry".
  it('does not carry OPTIONS *, CONNECT to a host, and raw UTF-8 in a path', async () => {
    const star = requestText('OPTIONS *', 'Host: web.web');
    const connect = requestText('CONNECT other:443', 'Host: other:443');
    const accents = requestText('GET /caf\\xc3\\xa9', 'Host: web.web');
    const escaped = requestText('GET /caf%C3%A9', 'Host: web.web');
    const answers = [];
    for (const text of [star, connect, accents, escaped]) answers.push(await raw(text));
    expect(answers.map(statuses)).toEqual([[404], [404], [400], [200]]);
  });

  it('rewrites requests: absolute-form as origin-form, names of headers in lower case', async () => {
    const parrot = rawSender(caller, ip, 81);
    const answer = await parrot(
      requestText('GET http://web.web/x', 'Host: web.web', 'X-Odd-Case: a'),
    );
    expect(answer).toMatch(/^GET \/x HTTP\/1.1/m);
    expect(answer).toMatch(/^x-odd-case: a/m);
  });
});
