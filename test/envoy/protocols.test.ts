import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Endpoint } from '../../src/policy/endpoints.ts';
import {
  account,
  makeEndpoint,
  makeEndpoints,
  makeInbound,
  makeOutbound,
  makePort,
  makeReachable,
  makeServed,
  makeServer,
  makeService,
} from '../support/builders/make-view.ts';
import { makeSettings } from '../support/builders/make-settings.ts';
import { meshOfTests } from '../support/envoy/mesh-of-tests.ts';
import type { TestPod } from '../support/envoy/pod.ts';
import { until } from '../support/time/until.ts';

jest.setTimeout(60_000);

const settings = makeSettings({ permissive: true });
const ip = '10.96.0.60';
const store = makeService('bookstore', {
  addresses: [ip],
  ports: [makePort(80), makePort(90, 'grpc')],
});

describe('HTTP of every kind', () => {
  const mesh = meshOfTests();
  let caller: TestPod;
  const pods: TestPod[] = [];

  async function offerCaller(): Promise<void> {
    await mesh().offer('caller', caller0);
  }
  const caller0 = {
    inbound: makeInbound({ account: account('caller'), rules: 'any' as const, settings }),
    outbound: makeOutbound({ services: [makeReachable(store)], settings }),
  };

  beforeAll(async () => {
    caller = await mesh().pod('caller');
    for (const name of ['one', 'two']) pods.push(await mesh().pod(name));
    const at = (port: number): Endpoint[] => pods.map((pod) => makeEndpoint(pod.address, port));
    mesh().endpoints = makeEndpoints({
      'bookstore/bookstore|80': at(8080),
      'bookstore/bookstore|90': at(9090).slice(0, 1),
    });
    for (const name of ['one', 'two']) {
      const served = [makeServed(8080), makeServed(9090, { protocol: 'grpc' })];
      await mesh().offer(name, makeServer({ served, rules: 'any', settings }));
    }
    await pods[0]!.serve('http', 8080);
    await pods[0]!.serve('h2c', 9090);
    await offerCaller();
    await Promise.all([caller, ...pods].map((pod) => pod.ready()));
  });

  it('keeps HTTP/2 what it is, end to end, and HTTP/1.0 at work', async () => {
    const h2 = await caller.get(`http://${ip}:90/`, '--http2-prior-knowledge');
    expect([h2.status, h2.seen.httpVersion]).toEqual([200, '2.0']);
    const h1 = await caller.get(`http://${ip}/`, '--http1.0');
    expect([h1.status, h1.seen.httpVersion]).toEqual([200, '1.1']);
  });

  it('lets WebSockets through', async () => {
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x'];
    const lines = [`GET / HTTP/1.1`, `Host: ${ip}`, ...upgrade, '', ''].join('\\r\\n');
    const script = `exec 3<>/dev/tcp/${ip}/80; printf '${lines}' >&3; sleep 0.3; printf ping >&3; timeout 1 cat <&3 || true`;
    const output = await caller.exec(['bash', '-c', script]);
    expect(output).toMatch(/^HTTP\/1.1 101 /);
    expect(output).toMatch(/ping$/);
  });

  it('loses no request while one of two applications takes no connection', async () => {
    // "two" has a sidecar that is ready, and an application that is not there.
    const urls = `http://${ip}/[1-200]`;
    const output = await caller.exec([
      ...['curl', '-s', '-i', '-X', 'POST', '-d', 'body', '-w', '\n%{http_code}\n', urls],
    ]);
    expect(output.match(/\n200\n/g)).toHaveLength(200);
    expect(output).not.toContain('x-weft-not-delivered');
    const stats = await caller.admin('/stats?filter=bookstore/bookstore\\|80.upstream_rq_retry$');
    expect(Number(stats.split(': ')[1])).toBeGreaterThan(0);
  });

  it('takes up an endpoint change at once', async () => {
    await pods[1]!.serve('http', 8080);
    mesh().endpoints = makeEndpoints({
      'bookstore/bookstore|80': [makeEndpoint(pods[1]!.address, 8080)],
      'bookstore/bookstore|90': [],
    });
    await offerCaller();
    await until(async () => (await caller.get(`http://${ip}/`)).seen.name === 'two');
    expect((await caller.get(`http://${ip}:90/`, '--http2-prior-knowledge')).status).toBe(503);
  });
});
