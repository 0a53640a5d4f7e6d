import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { makeSettings } from '../support/builders/make-settings.ts';
import { meshOfTests } from '../support/envoy/mesh-of-tests.ts';
import type { TestPod } from '../support/envoy/pod.ts';
import { type RawSender, rawSender, requestText, statuses } from '../support/envoy/raw.ts';
import { letPass } from '../support/time/let-pass.ts';
import { callerAndWeb } from '../support/envoy/caller-and-web.ts';

jest.setTimeout(60_000);

const ip = '10.96.0.62';
const apps = [
  { port: 80, targetPort: 8080, kind: 'http' },
  { port: 90, targetPort: 9090, kind: 'h2c', protocol: 'grpc' },
] as const;
const settings = makeSettings({ permissive: true });

describe('what an application says before its answer, and between answers', () => {
  const mesh = meshOfTests();
  let caller: TestPod;
  let raw: RawSender;

  beforeAll(async () => {
    const plan = { ip, apps, rules: 'any', settings } as const;
    caller = await callerAndWeb(mesh(), plan);
    raw = rawSender(caller, ip, 80);
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
        const replies = [];
        const stream = session.request({ ':method': 'POST', ':path': path, expect: '100-continue' });
        stream.on('continue', () => { replies.push(100); stream.end('hi'); });
        stream.on('response', (h) => { replies.push(h[':status']); resolve(replies); stream.close(); });
        setTimeout(resolve, 2000, replies);
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
    await letPass(1_500, 'longer than the sidecar keeps an idle connection');
    expect(await from()).not.toBe(first);
  });
});
