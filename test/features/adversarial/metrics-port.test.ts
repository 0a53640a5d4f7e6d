import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { metricsPath } from '../../../src/envoy/names.ts';
import { ports } from '../../../src/envoy/ports.ts';
import { makeInbound, makeOutbound, makeServed } from '../../support/builders/make-view.ts';
import { meshOfTests } from '../../support/envoy/mesh-of-tests.ts';
import type { Reply, TestPod } from '../../support/envoy/pod.ts';
import { until } from '../../support/time/until.ts';

jest.setTimeout(60_000);

describe("S16: the readers of a sidecar's statistics", () => {
  const mesh = meshOfTests();
  let pod: TestPod;
  let stranger: TestPod;
  const ask = (path: string, ...options: string[]): Promise<Reply> =>
    stranger.get(`http://${pod.address}:${String(ports.metrics)}${path}`, ...options);
  const offer = (metrics: boolean): Promise<void> =>
    mesh().offer('app', {
      inbound: makeInbound({ served: [makeServed(8080)], metrics }),
      outbound: makeOutbound(),
    });

  beforeAll(async () => {
    pod = await mesh().pod('app');
    stranger = await mesh().pod('stranger', { sidecar: false });
    await offer(false);
    await pod.ready();
  });

  it('are none, where no annotation asks for it: S16', async () => {
    expect(await ask(metricsPath)).toMatchObject({ status: 0, exitCode: 7 });
  });

  it('are all callers, where a user turned it on, and they see nothing else: S16', async () => {
    await offer(true);
    await until(async () => (await ask(metricsPath)).status === 200);
    expect((await ask(metricsPath)).body).toMatch(/envoy_server_live/);
    expect((await ask(`${metricsPath}?usedonly`)).status).toBe(200);
    for (const path of [
      ...['/', '/config_dump', '/stats', '/quitquitquit', `${metricsPath}/..`],
      ...['?filter=.*', '?format=html', '?usedonly&filter=a', '?'].map((q) => metricsPath + q),
    ]) {
      expect({ path, status: (await ask(path)).status }).toEqual({ path, status: 404 });
    }
    expect((await ask(metricsPath, '-X', 'POST')).status).toBe(403);
    expect((await ask(metricsPath, '-X', 'GET', '-d', 'a=b')).status).toBe(413);
  });

  it('are none again, where it is turned off: S16', async () => {
    await offer(false);
    await until(async () => (await ask(metricsPath)).exitCode === 7);
  });
});
