import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  account,
  makeEndpoint,
  makeEndpoints,
  makeInbound,
  makeOutbound,
  makePort,
  makeReachable,
  makeServed,
  makeService,
  makeSettings,
} from '../support/builders/make-view.ts';
import { type TestMesh, type TestPod, eventually, startMesh } from '../support/envoy/pod.ts';
import { type RawSender, rawSender, requestText, statuses } from '../support/envoy/raw.ts';

jest.setTimeout(60_000);

const ip = '10.96.0.62';
const web = makeService('web', { addresses: [ip], ports: [makePort(80), makePort(90, 'grpc')] });
const settings = makeSettings({ permissive: true });

describe('what an application says before its answer, and between answers', () => {
  let mesh: TestMesh;
  let caller: TestPod;
  let raw: RawSender;

  beforeAll(async () => {
    mesh = await startMesh();
    caller = await mesh.pod('caller');
    raw = rawSender(caller, ip, 80);
    const server = await mesh.pod('web');
    mesh.endpoints = makeEndpoints({
      'web/web|80': [makeEndpoint(server.address, 8080, account('web'))],
      'web/web|90': [makeEndpoint(server.address, 9090, account('web'))],
    });
    await mesh.offer('caller', {
      inbound: makeInbound({ account: account('bookbuyer'), settings }),
      outbound: makeOutbound({ services: [makeReachable(web)], settings }),
    });
    const services = [web.key];
    const served = [
      makeServed(8080, { services }),
      makeServed(9090, { services, protocol: 'grpc' }),
    ];
    await mesh.offer('web', {
      inbound: makeInbound({ account: account('web'), served, rules: 'any', settings }),
      outbound: makeOutbound({ account: account('web'), settings }),
    });
    await server.serve('http', 8080);
    await server.serve('h2c', 9090);
    await Promise.all([caller, server].map((pod) => pod.ready()));
    await eventually(async () => (await caller.get(`http://${ip}/`)).status === 200);
  });

  afterAll(async () => {
    expect(mesh.ads.nacks).toEqual([]);
    await mesh.stop();
  });

  const expecting = (path: string): string =>
    requestText(`POST ${path}`, 'Host: web.web', 'Expect: 100-continue', 'Content-Length: 2');

  it('leaves it to the application whether a body may come', async () => {
    expect(statuses(await raw(expecting('/take'), 'hi'))).toEqual([100, 200]);
    expect(statuses(await raw(expecting('/refuse')))).toEqual([401]);
  });

  it('does so over HTTP/2', async () => {
    const script = `
      const session = require('node:http2').connect('http://${ip}:90');
      const ask = (path) => new Promise((resolve) => {
        const said = [];
        const stream = session.request({ ':method': 'POST', ':path': path, expect: '100-continue' });
        stream.on('continue', () => { said.push(100); stream.end('hi'); });
        stream.on('response', (h) => { said.push(h[':status']); resolve(said); stream.close(); });
        setTimeout(resolve, 2000, said);
      });
      (async () => {
        console.log(JSON.stringify([await ask('/take'), await ask('/refuse')]));
        process.exit(0);
      })();`;
    const output = await caller.exec([process.execPath, '-e', script]);
    expect(JSON.parse(output)).toEqual([[100, 200], [401]]);
  });

  it('passes early hints on, but only the first of such words', async () => {
    const answer = await raw(requestText('GET /hints', 'Host: web.web'));
    expect(statuses(answer)).toEqual([103, 200]);
    expect(answer).toMatch(/^link: <\/style.css>; rel=preload/m);
    expect(statuses(await raw(expecting('/hints'), 'hi'))).toEqual([100, 200]);
  });

  it('keeps no idle connection as long as the hastiest servers do', async () => {
    const from = async (): Promise<number | undefined> =>
      (await caller.get(`http://${ip}/`)).seen.from;
    const first = await from();
    expect(await from()).toBe(first);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await from()).not.toBe(first);
  });
});
