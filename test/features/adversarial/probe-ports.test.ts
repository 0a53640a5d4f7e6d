import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { healthcheckPath, hookPath, httpProbePath, readyPath } from '../../../src/envoy/names.ts';
import { probeLimits } from '../../../src/envoy/plain-limits.ts';
import { ports } from '../../../src/envoy/ports.ts';
import { parseProbes } from '../../../src/mesh/probes.ts';
import { makeInbound, makeOutbound, makeProbe } from '../../support/builders/make-view.ts';
import { makeSettings } from '../../support/builders/make-settings.ts';
import { meshOfTests } from '../../support/envoy/mesh-of-tests.ts';
import type { Reply, TestPod } from '../../support/envoy/pod.ts';

jest.setTimeout(90_000);

const key = '0123456789abcdef0123456789abcdef';
const probes = [
  makeProbe({ probe: 'readiness', path: '/' }),
  makeProbe({ probe: 'startup', path: '/start?own=1', headers: [{ name: 'Host', value: 'cart' }] }),
  makeProbe({ probe: 'liveness', container: 'hall', headers: [{ name: 'X-Own', value: '100%' }] }),
  makeProbe({ kind: 'tcp', port: 7000 }),
  makeProbe({ probe: 'preStop', path: '/stopping', key, timeoutSeconds: 30 }),
];

describe('S4: what anybody may send to the ports of probes', () => {
  const mesh = meshOfTests();
  let pod: TestPod;
  let stranger: TestPod;
  const ask = (port: number, path: string, ...options: string[]): Promise<Reply> =>
    stranger.get(`http://${pod.address}:${String(port)}${path}`, ...options);
  const readiness = httpProbePath('readiness', 'app');
  const toReadiness = (query: string, ...options: string[]): Promise<Reply> =>
    ask(ports.readiness, `${readiness}${query}`, ...options);

  beforeAll(async () => {
    pod = await mesh().pod('app');
    stranger = await mesh().pod('stranger', { sidecar: false });
    await pod.serve('http', 8080);
    await mesh().offer('app', {
      inbound: makeInbound({ probes, settings: makeSettings({ ipv6: true }) }),
      outbound: makeOutbound(),
    });
    await pod.ready();
  });

  it('reaches the application as the probe alone: S4', async () => {
    expect((await toReadiness('')).seen).toMatchObject({ method: 'GET', url: '/' });
    expect((await toReadiness('', '--head')).status).toBe(200);
    expect((await ask(ports.startup, httpProbePath('startup', 'app'))).seen.url).toBe(
      '/start?own=1',
    );
  });

  it.each<[string, string, readonly string[]]>([
    ['a query', '?page=admin&cmd=x', []],
    ['an empty query', '?', []],
    ['another method', '', ['-X', 'DELETE']],
    ['a POST with a form', '?id=1', ['-d', 'a=b']],
    ['a GET with a body', '', ['-X', 'GET', '-d', 'ab']],
    ['a GET with a body of one byte', '', ['-X', 'GET', '-d', 'a']],
    [
      'a GET with a body in chunks',
      '',
      ['-X', 'GET', '-H', 'transfer-encoding: chunked', '-d', 'abc'],
    ],
    [
      'a GET with one byte in a chunk',
      '',
      ['-X', 'GET', '-H', 'transfer-encoding: chunked', '-d', 'a'],
    ],
    ['HTTP/2', '', ['--http2-prior-knowledge']],
    ['CONNECT', '', ['-X', 'CONNECT']],
    ['a name of a virtual host', '', ['-H', 'host: admin.internal']],
    ['a path beyond', '/more', []],
  ])('does not reach it with %s: S4', async (_what, query, options) => {
    const reply = await toReadiness(query, ...options);
    expect(reply.seen).toEqual({});
    expect([0, 400, 403, 404, 413]).toContain(reply.status);
  });
  it('takes the offer of an upgrade for the plain probe: S4', async () => {
    const offer = ['-H', 'connection: upgrade', '-H', 'upgrade: websocket'];
    const { status, seen } = await toReadiness('', ...offer, '-H', 'sec-websocket-version: 13');
    expect(status).toBe(200);
    expect(seen).toMatchObject({ method: 'GET', url: '/' });
    expect(JSON.stringify(seen)).not.toMatch(/upgrade|websocket/i);
  });

  it('sends the headers that the probe declares and none of the caller: S4', async () => {
    const forged = [
      'x-http-method-override: DELETE',
      'cookie: admin=1',
      'x-own: 2',
      'host: 10.9.8.7',
    ];
    const options = forged.flatMap((header) => ['-H', header]);
    const path = httpProbePath('liveness', 'hall');
    const { seen } = await ask(ports.liveness, path, ...options);
    expect(seen.headers).toMatchObject({ 'x-own': '100%', 'user-agent': 'kube-probe/weft' });
    expect(Object.keys(seen.headers ?? {})).not.toContain('cookie');
    expect(Object.keys(seen.headers ?? {})).not.toContain('x-http-method-override');
    const named = await ask(ports.startup, httpProbePath('startup', 'app'), '-H', 'host: other');
    expect(named.seen.headers?.['host']).toBe('cart');
  });

  it('passes a call to a hook only from a caller that knows its address: S4', async () => {
    expect((await ask(ports.hooks, hookPath('preStop', 'app', key))).seen.url).toBe('/stopping');
    for (const guess of ['', '0'.repeat(32), key.slice(1)]) {
      expect((await ask(ports.hooks, hookPath('preStop', 'app', guess))).status).toBe(404);
    }
  });

  it('answers nothing but a bare GET on the ports that ask no application: S4', async () => {
    const checked = healthcheckPath('readiness', 'app');
    for (const [port, path] of [
      [ports.healthcheck, checked],
      [ports.ready, readyPath],
    ] as const) {
      expect((await ask(port, path, '-d', 'a=b')).status).not.toBe(200);
      expect((await ask(port, path, '--http2-prior-knowledge')).status).toBe(0);
      expect((await ask(port, `${path}?x`)).status).toBe(404);
    }
  });

  it.each([
    ['says nothing', '-- closed', ''],
    ['begins a header and stops', '-- closed', 'GET / HTTP/1.1\\r\\nhost: x'],
    [
      'promises a body and sends none',
      '-- closed',
      'GET / HTTP/1.1\\r\\nhost: 10.0.0.1\\r\\ncontent-length: 9\\r\\n\\r\\n',
    ],
  ])('ends a connection that %s: S4, S9', async (_what, end, output) => {
    const program = `exec 3<>/dev/tcp/${pod.address}/${String(ports.readiness)}; printf '${output}' >&3; timeout 20 cat <&3 >/dev/null && echo '-- closed'`;
    const before = Date.now();
    expect(await stranger.exec(['bash', '-c', program])).toContain(end);
    expect(Date.now() - before).toBeLessThan(probeLimits.requestMs + probeLimits.idleMs + 2_000);
  });

  it.each([
    [ports.readiness, readiness],
    [ports.healthcheck, healthcheckPath('readiness', 'app')],
    [ports.ready, readyPath],
  ])('H2: takes one request a connection to port %d, and ends it', async (port, path) => {
    const asked = await ask(port, path);
    expect(asked.headers['connection']).toBe('close');
    const request = `GET ${path} HTTP/1.1\\r\\nhost: ${pod.address}\\r\\n\\r\\n`;
    // The server may end the connection while bash still writes.
    const twice = `trap '' PIPE; exec 3<>/dev/tcp/${pod.address}/${String(port)}; printf '${request}${request}' >&3; timeout 3 cat <&3; echo; echo ended $?`;
    const output = await stranger.exec(['bash', '-c', twice]);
    expect(output.match(/HTTP\/1.1 /g)).toHaveLength(1);
  });

  it.each([ports.readiness, ports.healthcheck, ports.ready])(
    'grants so many connections to port %d and no more, and none for long: S4, S9, H2',
    async (port) => {
      const call = [process.execPath, '-e', holdProgram, pod.address, String(port)];
      const counts = await stranger.exec([...call, String(probeLimits.connections + 50)]);
      const [soon = 0, later] = counts.split(' ').map(Number);
      expect(soon).toBeLessThanOrEqual(probeLimits.connections);
      expect(soon).toBeGreaterThan(probeLimits.connections - 20);
      expect(later).toBe(0);
    },
  );
});

/** How many of so many silent connections are open after half a second, and after three. */
const holdProgram = `
  const [host, port, count] = process.argv.slice(1);
  let open = 0;
  for (let at = 0; at < Number(count); at += 1) {
    open += 1;
    const socket = require('node:net').connect({ host, port: Number(port) });
    socket.on('error', () => {}).on('close', () => (open -= 1)).resume();
  }
  setTimeout(() => process.stdout.write(open + ' '), 500);
  setTimeout(() => process.stdout.write(String(open), () => process.exit()), 3_000);
`;

describe('S4: a probe of a port of the sidecar', () => {
  const written = { container: 'app', probe: 'liveness', kind: 'http', path: '/quitquitquit' };
  it.each(Object.values(ports))('%d is refused where the annotation is read', (port) => {
    for (const kind of ['http', 'https', 'tcp', 'grpc']) {
      const entry = { ...written, kind, port, service: '', timeoutSeconds: 1 };
      expect(parseProbes(JSON.stringify([entry]))).toMatch(
        `the list[0].port is ${String(port)}, a port of the sidecar`,
      );
    }
  });
});
