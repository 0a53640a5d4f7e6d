import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { healthcheckPath, hookPath, httpProbePath } from '../../src/envoy/names.ts';
import { ports } from '../../src/envoy/ports.ts';
import { makeInbound, makeOutbound, makeProbe } from '../support/builders/make-view.ts';
import { makeSettings } from '../support/builders/make-settings.ts';
import { meshOfTests } from '../support/envoy/mesh-of-tests.ts';
import type { TestPod } from '../support/envoy/pod.ts';
import { until } from '../support/time/until.ts';

const probes = [
  makeProbe({ probe: 'liveness', path: '/status/200?full=1' }),
  makeProbe({ probe: 'readiness', container: 'sick', path: '/status/500' }),
  makeProbe({ probe: 'startup', container: 'late', port: 8099 }),
  makeProbe({ probe: 'readiness', container: 'tls', kind: 'https', port: 8443, path: '/s' }),
  makeProbe({ probe: 'liveness', container: 'login', path: '/status/302' }),
  makeProbe({ probe: 'preStop', container: 'login', path: '/status/307', key: 'a1' }),
  makeProbe({ kind: 'tcp', port: 7000 }),
  makeProbe({ kind: 'tcp', container: 'shut', port: 7099 }),
  makeProbe({ kind: 'grpc', container: 'mute', port: 7000 }),
  makeProbe({ kind: 'grpc', container: 'well', port: 7001 }),
];

jest.setTimeout(60_000);

describe('what the kubelet and Prometheus see of a pod', () => {
  const mesh = meshOfTests();
  let pod: TestPod;
  let kubelet: TestPod;
  const ask = async (port: number, path: string): Promise<number> =>
    (await kubelet.get(`http://${pod.address}:${String(port)}${path}`)).status;
  const check = (container: string): Promise<number> =>
    ask(ports.healthcheck, healthcheckPath('readiness', container));

  beforeAll(async () => {
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
        ...['-subj', '/CN=self', '-days', '2'],
        ...['-keyout', `${mesh().directory}/app.key`, '-out', `${mesh().directory}/app.crt`],
      ],
      { stdio: 'ignore' },
    );
    execFileSync('chmod', ['644', `${mesh().directory}/app.key`]);
    pod = await mesh().pod('app');
    kubelet = await mesh().pod('kubelet', { sidecar: false });
    await pod.serve('http', 8080);
    await pod.serve('https', 8443);
    await pod.serve('tcp', 7000);
    await pod.serve('grpc', 7001);
    await mesh().offer('app', {
      inbound: makeInbound({ probes, settings: makeSettings({ ipv6: true }) }),
      outbound: makeOutbound(),
    });
    await pod.ready();
  });

  it('asks the application for HTTP probes, with its own path', async () => {
    const path = httpProbePath('liveness', 'app');
    const reply = await kubelet.get(`http://${pod.address}:${String(ports.liveness)}${path}`);
    expect(reply.status).toBe(200);
    expect(reply.seen.url).toBe('/status/200?full=1');
    expect(await ask(ports.readiness, httpProbePath('readiness', 'sick'))).toBe(500);
    expect(await ask(ports.readiness, httpProbePath('readiness', 'tls'))).toBe(200);
    expect(await ask(ports.startup, httpProbePath('startup', 'late'))).toBe(503);
    expect(await ask(ports.readiness, httpProbePath('readiness', 'nobody'))).toBe(404);
  });

  it('passes a redirect on without its place, as the kubelet would follow it to the sidecar', async () => {
    for (const [port, path] of [
      [ports.liveness, httpProbePath('liveness', 'login')],
      [ports.hooks, hookPath('preStop', 'login', 'a1')],
    ] as const) {
      const reply = await kubelet.get(`http://${pod.address}:${String(port)}${path}`, '-L');
      expect([reply.status, reply.headers['location']]).toEqual([
        port === ports.hooks ? 307 : 302,
        undefined,
      ]);
      expect(reply.seen.url).toMatch(/^\/status\/30/);
    }
  });

  it('looks whether a port is open for tcp probes, also after it opened or closed', async () => {
    expect(await check('app')).toBe(200);
    expect(await check('shut')).toBe(503);
    expect(await check('mute')).toBe(503);
    expect(await check('nobody')).toBe(404);
    await pod.serve('tcp', 7099, '::1');
    await until(() => check('shut'), { holds: (answer) => answer === 200 });
  });

  it('asks the health service of grpc probes', async () => {
    await until(() => check('well'), { holds: (answer) => answer === 200 });
    expect(await check('mute')).toBe(503);
  });

  it('answers on IPv6 too', async () => {
    const path = healthcheckPath('readiness', 'app');
    const url = `http://[${pod.address6}]:${String(ports.healthcheck)}${path}`;
    expect((await kubelet.get(url)).status).toBe(200);
  });

  it('case 01: answers old callers and those that offer an upgrade', async () => {
    const offer = ['-H', 'Connection: Upgrade', '-H', 'Upgrade: TLS/1.2'];
    const old = ['--http1.0', '-H', 'Host:'];
    const url = `http://${pod.address}:${String(ports.liveness)}${httpProbePath('liveness', 'app')}`;
    for (const options of [offer, old])
      expect((await kubelet.get(url, ...options)).status).toBe(200);
  });
});
